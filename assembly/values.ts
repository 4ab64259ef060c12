/** Decodes the elements of a weight's kept blocks (src/format/FORMAT.md, Weights). */
import { Code, expect, fail, failReal } from './error';
import { alloc } from './heap';
import { bytesOf, DType, Weight } from './model';
import { decodeIntegers, decodeSymbols } from './range';

const enum Values {
  PLAIN,
  NIBBLES,
  F16,
  I16,
  CODEBOOK,
}

/** Bit of the coding byte. */
const CODED: u32 = 2;

/** Writes `count` elements to `y`, i8 or 4 bytes each. 0 or an error code. */
export function decodeValues(weight: Weight, count: u32, y: usize): i32 {
  const ptr = weight.data + weight.positionBytes;
  const bytes = weight.valueBytes;
  const code = checkEncoding(weight);
  if (code) return code;
  let bad: i32 = 0;
  if (weight.values == Values.CODEBOOK) bad = decodeCodebook(weight, ptr, bytes, count, y);
  else if (weight.coding & CODED) bad = decodeCoded(weight, ptr, bytes, count, y);
  else bad = decodePlain(weight, ptr, bytes, count, y);
  return bad ? bad : checkFinite(weight, count, y);
}

/** Nibbles are for i8, f16 for f32, i16 for i32; nibbles and i16 are never range coded. */
function checkEncoding(weight: Weight): i32 {
  const values = weight.values;
  if (values > u32(Values.CODEBOOK)) return fail(Code.ENCODING, Values.CODEBOOK, values);
  let dtype = weight.dtype;
  if (values == Values.NIBBLES) dtype = DType.I8;
  if (values == Values.F16) dtype = DType.F32;
  if (values == Values.I16) dtype = DType.I32;
  if (expect(Code.ENCODING, dtype, weight.dtype)) return Code.ENCODING;
  const whole = values == Values.NIBBLES || values == Values.I16;
  return whole && weight.coding & CODED ? fail(Code.ENCODING, 0, CODED) : 0;
}

function checkBytes(expected: u64, got: u32): i32 {
  return expected == got ? 0 : fail(Code.VALUES, u32(expected), u32(got));
}

function checkStream(good: bool, bytes: u32): i32 {
  return good ? 0 : fail(Code.VALUES, bytes, -1);
}

/** Range coded integers, or bytes of f32 or f16. */
function decodeCoded(weight: Weight, ptr: usize, bytes: u32, count: u32, y: usize): i32 {
  if (weight.dtype != DType.F32) {
    return checkStream(decodeIntegers(ptr, bytes, bytesOf(weight) << 3, count, y), bytes);
  }
  const width: u32 = weight.values == Values.F16 ? 2 : 4;
  const plain = alloc(u64(count) * width);
  if (!plain) return Code.MEMORY;
  if (!decodeSymbols(ptr, bytes, 8, width, count * width, plain)) return checkStream(false, bytes);
  return decodePlain(weight, plain, count * width, count, y);
}

function decodePlain(weight: Weight, ptr: usize, bytes: u32, count: u32, y: usize): i32 {
  if (weight.values == Values.PLAIN) {
    if (checkBytes(u64(count) * bytesOf(weight), bytes)) return Code.VALUES;
    memory.copy(y, ptr, bytes);
    return 0;
  }
  if (weight.values == Values.NIBBLES) return decodeNibbles(ptr, bytes, count, y);
  if (checkBytes(u64(count) << 1, bytes)) return Code.VALUES;
  for (let i: usize = 0; i < count; ++i) {
    const narrow = ptr + (i << 1);
    if (weight.values == Values.F16) store<f32>(y + (i << 2), fromHalf(load<u16>(narrow)));
    else store<i32>(y + (i << 2), load<i16>(narrow));
  }
  return 0;
}

function decodeNibbles(ptr: usize, bytes: u32, count: u32, y: usize): i32 {
  if (checkBytes((u64(count) + 1) >> 1, bytes)) return Code.VALUES;
  for (let i: u32 = 0; i < count; ++i) {
    const byte: i32 = load<i8>(ptr + (i >> 1));
    store<i8>(y + i, i8(i & 1 ? byte >> 4 : (byte << 28) >> 28));
  }
  return count & 1 && load<u8>(ptr + bytes - 1) >> 4 ? fail(Code.VALUES, 0, 1) : 0;
}

/** IEEE 754 binary16, subnormals too: the exponent is moved by a multiplication with 2^112. */
function fromHalf(bits: u32): f32 {
  const magnitude = (bits & 0x7fff) << 13;
  const sign = (bits & 0x8000) << 16;
  if (magnitude >= 0x0f800000) return reinterpret<f32>(magnitude | 0x70000000 | sign);
  return reinterpret<f32>(
    reinterpret<u32>(reinterpret<f32>(magnitude) * reinterpret<f32>(0x77800000)) | sign,
  );
}

/** u8 n-1, n plain entries, then indices of ceil(log2 n) bits, packed or range coded. */
function decodeCodebook(weight: Weight, ptr: usize, bytes: u32, count: u32, y: usize): i32 {
  const size = bytesOf(weight);
  const n: u32 = bytes ? u32(load<u8>(ptr)) + 1 : 1;
  const head: u32 = 1 + n * size;
  if (bytes < head) return fail(Code.VALUES, head, bytes);
  const width: u32 = n == 1 ? 0 : 32 - clz(n - 1);
  const indices = alloc(count);
  if (!indices) return Code.MEMORY;
  const rest = bytes - head;
  if (weight.coding & CODED) {
    if (!decodeSymbols(ptr + head, rest, width, 1, count, indices)) return checkStream(false, bytes);
  } else {
    if (checkBytes((u64(count) * width + 7) >> 3, rest)) return Code.VALUES;
    if (!unpackBits(ptr + head, width, count, indices)) return fail(Code.VALUES, 0, 1);
  }
  for (let i: usize = 0; i < count; ++i) {
    const index: u32 = load<u8>(indices + i);
    if (index >= n) return fail(Code.VALUES, n, index);
    const entry = ptr + 1 + index * size;
    if (size == 1) store<u8>(y + i, load<u8>(entry));
    else store<u32>(y + (i << 2), load<u32>(entry));
  }
  return 0;
}

/** `count` numbers of `width` bits, least significant first, a byte each; false where bits after the last are set. */
function unpackBits(ptr: usize, width: u32, count: u32, y: usize): bool {
  let bits: u32 = 0;
  let have: u32 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    while (have < width) {
      bits |= u32(load<u8>(ptr++)) << have;
      have += 8;
    }
    store<u8>(y + i, u8(bits & ((1 << width) - 1)));
    bits >>= width;
    have -= width;
  }
  return bits == 0;
}

/** NaN and infinities have all exponent bits set. */
function checkFinite(weight: Weight, count: u32, y: usize): i32 {
  if (weight.dtype != DType.F32) return 0;
  for (let i: usize = 0; i < count; ++i) {
    const value = load<f32>(y + (i << 2));
    if ((reinterpret<u32>(value) & 0x7f800000) == 0x7f800000)
      return failReal(Code.NOT_FINITE, f64(i), f64(value));
  }
  return 0;
}
