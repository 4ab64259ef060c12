/**
 * A cursor over a section of the file that cannot leave it: what is not all there fails with TRUNCATED and reads as 0, and so does
 * everything after it, so that a caller asks `lastCode()` once for each record.
 */
import { Code, expect, fail } from './error';

let cursor: usize = 0;
let end: usize = 0;

export function open(ptr: usize, bytes: u32): void {
  cursor = ptr;
  end = ptr + bytes;
}

export function position(): usize {
  return cursor;
}

export function remaining(): u32 {
  return u32(end - cursor);
}

/** The next `bytes` bytes, unread: their address, or 0 where they are not all there. */
export function take(bytes: u64): usize {
  const left = u64(remaining());
  const ptr = cursor;
  cursor = end;
  if (bytes > left) {
    fail(Code.TRUNCATED, u32(bytes - left), 0);
    return 0;
  }
  cursor = ptr + usize(bytes);
  return ptr;
}

/** A little-endian number of 1 to 4 bytes. What lies behind a section, at least the file's checksum, is read with it and dropped. */
export function takeUint(bytes: u32): u32 {
  const ptr = take(bytes);
  return ptr ? load<u32>(ptr) & (-1 >>> (32 - (bytes << 3))) : 0;
}

/** Numbers to consecutive u32 fields at `y`; `widths` has their bytes as hexadecimal digits, the last digit first. */
export function takeFields(y: usize, widths: u32): void {
  for (; widths; widths >>= 4, y += 4) store<u32>(y, takeUint(widths & 15));
}

/** TRAILING where bytes are left over. */
export function finish(): void {
  expect(Code.TRAILING, 0, remaining());
}
