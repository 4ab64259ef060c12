/**
 * A cursor over a section of the file that cannot leave it: past the end every read gives 0 and `ended()` stays true,
 * so that a caller checks once for each record.
 */
import { Code, expect, fail } from './error';

let cursor: usize = 0;
let end: usize = 0;
let missing: u64 = 0;

export function open(ptr: usize, bytes: u32): void {
  cursor = ptr;
  end = ptr + bytes;
  missing = 0;
}

export function position(): usize {
  return cursor;
}

export function remaining(): u32 {
  return u32(end - cursor);
}

/** The next `bytes` bytes, unread: their address, or 0 where they are not all there. */
export function take(bytes: u64): usize {
  const left = u64(end - cursor);
  if (missing != 0 || bytes > left) {
    if (missing == 0) missing = bytes - left;
    return 0;
  }
  const ptr = cursor;
  cursor += usize(bytes);
  return ptr;
}

export function takeU8(): u32 {
  const ptr = take(1);
  return ptr ? load<u8>(ptr) : 0;
}

export function takeU16(): u32 {
  const ptr = take(2);
  return ptr ? load<u16>(ptr) : 0;
}

export function takeU32(): u32 {
  const ptr = take(4);
  return ptr ? load<u32>(ptr) : 0;
}

/** 0, or TRUNCATED where something asked for was not there. */
export function ended(): i32 {
  return missing == 0 ? 0 : fail(Code.TRUNCATED, u32(missing), 0);
}

/** 0, or TRAILING where bytes are left over. */
export function finished(): i32 {
  const code = ended();
  if (code) return code;
  return expect(Code.TRAILING, 0, u32(end - cursor));
}
