/** Decodes the elements of a weight's kept blocks (src/format/FORMAT.md, Weights). */
import { atMost, Code, expect, fail, failReal } from './error';
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
  let code = checkEncoding(weight);
  if (code) return code;
  if (weight.values == Values.CODEBOOK) code = decodeCodebook(weight, ptr, bytes, count, y);
  else if (weight.coding & CODED) code = decodeCoded(weight, ptr, bytes, count, y);
  else code = decodePlain(weight, ptr, bytes, count, y);
  return code ? code : checkFinite(weight, count, y);
}

/** Nibbles are for i8, f16 for f32, i16 for i32; nibbles and i16 are never range coded. */
function checkEncoding(weight: Weight): i32 {
  const values = weight.values;
  let dtype = weight.dtype;
  let whole = true;
  if (values == Values.NIBBLES) dtype = DType.I8;
  else if (values == Values.I16) dtype = DType.I32;
  else {
    if (values == Values.F16) dtype = DType.F32;
    whole = false;
  }
  if (atMost(Code.ENCODING, Values.CODEBOOK, values) || expect(Code.ENCODING, dtype, weight.dtype))
    return Code.ENCODING;
  return whole ? expect(Code.ENCODING, 0, weight.coding & CODED) : 0;
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
  if (unpackBits(ptr, bytes, 4, count, y)) return Code.VALUES;
  for (const end = y + count; y < end; ++y) store<i8>(y, (load<i8>(y) << 28) >> 28);
  return 0;
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
    if (unpackBits(ptr + head, rest, width, count, indices)) return Code.VALUES;
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

/** `count` numbers of `width` bits, least significant first, a byte each; refuses bits after the last that are set. */
function unpackBits(ptr: usize, bytes: u32, width: u32, count: u32, y: usize): i32 {
  if (checkBytes((u64(count) * width + 7) >> 3, bytes)) return Code.VALUES;
  let bits: u32 = 0;
  let have: u32 = 0;
  for (const end = y + count; y < end; ++y) {
    while (have < width) {
      bits |= u32(load<u8>(ptr++)) << have;
      have += 8;
    }
    store<u8>(y, u8(bits & ((1 << width) - 1)));
    bits >>= width;
    have -= width;
  }
  return bits ? fail(Code.VALUES, 0, 1) : 0;
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
