/** CRC32, IEEE 802.3 reflected, as zlib: four bytes a step with four tables (Intel's "slicing-by-4"). */

const tables: usize = memory.data(4096, 16);

function fillTables(): void {
  for (let i: u32 = 0; i < 256; ++i) {
    let crc = i;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
    store<u32>(tables + (i << 2), crc);
  }
  for (let i: usize = 256; i < 1024; ++i) {
    const before = load<u32>(tables + ((i - 256) << 2));
    store<u32>(tables + (i << 2), (before >> 8) ^ load<u32>(tables + ((before & 0xff) << 2)));
  }
}

function entry(table: usize, byte: u32): u32 {
  return load<u32>(tables + (table << 10) + ((byte & 0xff) << 2));
}

export function crc32(ptr: usize, bytes: usize): u32 {
  if (load<u32>(tables + 4) == 0) fillTables();
  const end = ptr + bytes;
  let crc: u32 = 0xffffffff;
  for (; ptr + 4 <= end; ptr += 4) {
    crc ^= load<u32>(ptr);
    crc = entry(3, crc) ^ entry(2, crc >> 8) ^ entry(1, crc >> 16) ^ entry(0, crc >> 24);
  }
  for (; ptr < end; ++ptr) crc = (crc >> 8) ^ entry(0, crc ^ load<u8>(ptr));
  return ~crc;
}
