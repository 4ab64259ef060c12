/** Packs `width` low bits of each value, least significant first; bits that fill the last byte are zero. */
export function packBits(values: ArrayLike<number>, width: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((values.length * width) / 8));
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    for (let bit = 0; bit < width; bit++, at++) bytes[at >> 3] |= ((values[i] >> bit) & 1) << (at & 7);
  }
  return bytes;
}

/** The `count` values that `packBits` packed; `bytes` holds at least that many. */
export function unpackBits(bytes: Uint8Array, width: number, count: number): Uint8Array {
  const values = new Uint8Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let bit = 0; bit < width; bit++, at++) values[i] |= ((bytes[at >> 3] >> (at & 7)) & 1) << bit;
  }
  return values;
}

/** True where all bits from `used` on are zero. */
export function paddingIsZero(bytes: Uint8Array, used: number): boolean {
  return used === bytes.length * 8 || bytes[bytes.length - 1] >> (used & 7 || 8) === 0;
}

/** Bits that an index below `count` needs: ceil(log2 count). */
export function indexBits(count: number): number {
  return 32 - Math.clz32(count - 1);
}
