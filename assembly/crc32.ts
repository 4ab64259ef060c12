/** CRC32, IEEE 802.3 reflected, as zlib, four bytes a step (slicing-by-4): engines run it once, before they optimize it. */

import { scratch as table } from './scratch';

/** Of a byte, and of a byte with one, two and three zeros behind it. */

function fillTable(): void {
  for (let i: u32 = 0; i < 1024; ++i) {
    let crc = i & 255;
    for (let bits = ((i >> 8) + 1) << 3; bits; --bits) crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
    store<u32>(table + (i << 2), crc);
  }
}

function next(crc: u32, byte: u32): u32 {
  return (crc >> 8) ^ load<u32>(table + (((crc ^ byte) & 0xff) << 2));
}

export function crc32(ptr: usize, bytes: usize): u32 {
  fillTable();
  let crc: u32 = 0xffffffff;
  const end = ptr + bytes;
  for (; ptr + 4 <= end; ptr += 4) {
    crc ^= load<u32>(ptr);
    crc =
      load<u32>(table + ((crc & 0xff) << 2), 3072) ^
      load<u32>(table + ((crc >> 6) & 0x3fc), 2048) ^
      load<u32>(table + ((crc >> 14) & 0x3fc), 1024) ^
      load<u32>(table + ((crc >> 22) & 0x3fc));
  }
  for (; ptr < end; ++ptr) crc = next(crc, load<u8>(ptr));
  return ~crc;
}
