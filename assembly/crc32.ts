/** CRC32, IEEE 802.3 reflected, as zlib, four bytes a step (slicing-by-4): engines run it once, before they optimize it. */
import { scratch as table } from './scratch';

/** `crc` with `bits` bits more, which it holds in its lowest ones. */
function shift(crc: u32, bits: u32): u32 {
  for (; bits; --bits) crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
  return crc;
}

/** Of each byte; of each with a zero behind it, with two, with three. */
function fillTable(): void {
  for (let i: u32 = 0; i < 1024; ++i) store<u32>(table + (i << 2), shift(i & 255, ((i >> 8) + 1) << 3));
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
  for (; ptr < end; ++ptr) crc = shift(crc ^ load<u8>(ptr), 8);
  return ~crc;
}
