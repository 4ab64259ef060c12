/** Strings: UTF-8 in the file, UTF-16 constants in this source. Nothing is allocated. */

/** True where the UTF-8 bytes at `ptr` are the ASCII constant `text`. */
export function equals(ptr: usize, bytes: u32, text: string): bool {
  if (bytes != u32(text.length)) return false;
  const chars = changetype<usize>(text);
  for (let i: usize = 0; i < bytes; ++i) {
    if (u16(load<u8>(ptr + i)) != load<u16>(chars + (i << 1))) return false;
  }
  return true;
}

/** True where two byte runs are the same. */
export function same(a: usize, aBytes: u32, b: usize, bBytes: u32): bool {
  if (aBytes != bBytes) return false;
  for (let i: usize = 0; i < aBytes; ++i) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** FNV-1a, so that most unequal names need no comparison of their bytes. */
export function hash(ptr: usize, bytes: u32): u32 {
  let h: u32 = 0x811c9dc5;
  for (let i: usize = 0; i < bytes; ++i) h = (h ^ load<u8>(ptr + i)) * 0x01000193;
  return h;
}

/** Which word of `words`, each followed by a space, the UTF-8 bytes at `ptr` are; -1 where none. */
export function wordIndex(words: string, ptr: usize, bytes: u32): i32 {
  const end = changetype<usize>(words) + (usize(words.length) << 1);
  let index = 0;
  for (let word = changetype<usize>(words); word < end; ++index) {
    let i: u32 = 0;
    let char: u16;
    for (; (char = load<u16>(word)) != 32; word += 2) {
      if (i <= bytes) i = i < bytes && char == u16(load<u8>(ptr + i)) ? i + 1 : bytes + 1;
    }
    if (i == bytes) return index;
    word += 2;
  }
  return -1;
}
