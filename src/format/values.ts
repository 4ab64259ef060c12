import { concat } from './bytes.js';
import { indexBits, packBits, paddingIsZero, unpackBits } from './bits.js';
import { refuse } from './error.js';
import { fromF16, toF16 } from './f16.js';
import { DTYPE_ARRAYS, DTYPE_BYTES, type LopDType, type Values } from './layout.js';

export type NumberArray = Float32Array | Int8Array | Int32Array;

/** One encoding of the elements of kept blocks: `undefined` where it would lose something. */
export type ValuesEncoder = (values: NumberArray, dtype: LopDType) => Uint8Array | undefined;

export const ENCODERS: Record<Values, ValuesEncoder> = {
  plain: encodePlain,
  nibbles: (values, dtype) => {
    if (dtype !== 'i8' || !values.every((value) => value >= -8 && value <= 7)) return undefined;
    return packBits(values, 4);
  },
  f16: (values, dtype) => {
    if (dtype !== 'f32' || !values.every((value) => Object.is(fromF16(toF16(value)), value)))
      return undefined;
    return littleEndian(values, 2, (view, at, value) => view.setUint16(at, toF16(value), true));
  },
  i16: (values, dtype) => {
    if (dtype !== 'i32' || !values.every((value) => value >= -32768 && value <= 32767)) return undefined;
    return littleEndian(values, 2, (view, at, value) => view.setInt16(at, value, true));
  },
  codebook: (values, dtype) => {
    const book = codebook(values, dtype);
    if (!book) return undefined;
    const entries = encodePlain(book.entries, dtype);
    const indices = packBits(book.indices, indexBits(book.entries.length));
    return concat(Uint8Array.of(book.entries.length - 1), entries, indices);
  },
};

/** The distinct values in ascending order and each value's index; `undefined` for more than 256, or none. */
export function codebook(
  values: NumberArray,
  dtype: LopDType,
): { entries: NumberArray; indices: Uint8Array } | undefined {
  const bits = new Uint32Array(values.length);
  const index = new Map<number, number>();
  const raw = dtype === 'f32' ? new Int32Array(values.buffer, values.byteOffset, values.length) : values;
  for (let i = 0; i < values.length; i++) {
    bits[i] = raw[i];
    if (index.size <= 256) index.set(bits[i], 0);
  }
  if (index.size === 0 || index.size > 256) return undefined;
  // By bits, not by value, so that -0 and 0 stay apart and the order is the same everywhere.
  const keys = Int32Array.from(index.keys()).sort();
  keys.forEach((key, at) => index.set(key >>> 0, at));
  const entries =
    dtype === 'f32' ? new Float32Array(keys.buffer) : dtype === 'i8' ? Int8Array.from(keys) : keys;
  return { entries, indices: Uint8Array.from(bits, (key) => index.get(key) as number) };
}

function encodePlain(values: NumberArray, dtype: LopDType): Uint8Array {
  if (dtype === 'i8') return Uint8Array.from(values);
  if (dtype === 'f32') return littleEndian(values, 4, (view, at, value) => view.setFloat32(at, value, true));
  return littleEndian(values, 4, (view, at, value) => view.setInt32(at, value, true));
}

function littleEndian(
  values: NumberArray,
  width: number,
  set: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => set(view, i * width, value));
  return bytes;
}

/** `count` values of `dtype`. Refuses other sizes, indices past the codebook, set padding bits, and f32 that is not finite. */
export function decodeValues(
  encoding: Values,
  bytes: Uint8Array,
  dtype: LopDType,
  count: number,
  what: string,
): NumberArray {
  return checkFinite(DECODERS[encoding](bytes, dtype, count, what), what);
}

/** Refuses f32 values that are not finite. */
export function checkFinite(values: NumberArray, what: string): NumberArray {
  if (!(values instanceof Float32Array)) return values;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) refuse('not_finite', `${what}: value ${bad}`, 'a finite number', values[bad]);
  return values;
}

const DECODERS: Record<
  Values,
  (bytes: Uint8Array, dtype: LopDType, count: number, what: string) => NumberArray
> = {
  plain: (bytes, dtype, count, what) => {
    expectBytes(bytes, count * DTYPE_BYTES[dtype], what);
    return decodePlain(bytes, dtype, count);
  },
  nibbles: (bytes, _dtype, count, what) => {
    expectBytes(bytes, Math.ceil(count / 2), what);
    expectPadding(bytes, count * 4, what);
    return Int8Array.from(unpackBits(bytes, 4, count), (nibble) => (nibble << 28) >> 28);
  },
  f16: (bytes, _dtype, count, what) => {
    expectBytes(bytes, count * 2, what);
    return Float32Array.from(view16(bytes, count), fromF16);
  },
  i16: (bytes, _dtype, count, what) => {
    expectBytes(bytes, count * 2, what);
    return Int32Array.from(view16(bytes, count), (half) => (half << 16) >> 16);
  },
  codebook: (bytes, dtype, count, what) => {
    const { entries, indexAt } = readCodebook(bytes, dtype, what);
    const bits = indexBits(entries.length);
    const packed = bytes.subarray(indexAt);
    expectBytes(packed, Math.ceil((count * bits) / 8), what);
    expectPadding(packed, count * bits, what);
    return lookUp(entries, unpackBits(packed, bits, count), what);
  },
};

/** The entries at the head of a codebook stream, and where its indices start. */
export function readCodebook(
  bytes: Uint8Array,
  dtype: LopDType,
  what: string,
): { entries: NumberArray; indexAt: number } {
  const size = bytes.length > 0 ? bytes[0] + 1 : 0;
  const indexAt = 1 + size * DTYPE_BYTES[dtype];
  if (bytes.length < indexAt || size === 0) {
    refuse('values', `${what}: bytes of values`, `at least ${indexAt}`, bytes.length);
  }
  return { entries: decodePlain(bytes.subarray(1, indexAt), dtype, size), indexAt };
}

/** Each index's entry. */
export function lookUp(entries: NumberArray, indices: Uint8Array, what: string): NumberArray {
  const values =
    entries instanceof Float32Array
      ? new Float32Array(indices.length)
      : entries instanceof Int8Array
        ? new Int8Array(indices.length)
        : new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] >= entries.length) {
      refuse('values', `${what}: codebook index`, `below ${entries.length}`, indices[i]);
    }
    values[i] = entries[indices[i]];
  }
  return values;
}

function decodePlain(bytes: Uint8Array, dtype: LopDType, count: number): NumberArray {
  // Copied, because a view of 4-byte numbers must be aligned. Little-endian hosts only: WebAssembly's own order.
  const copy = bytes.slice();
  return new DTYPE_ARRAYS[dtype](copy.buffer, 0, count);
}

function view16(bytes: Uint8Array, count: number): Uint16Array {
  return new Uint16Array(bytes.slice().buffer, 0, count);
}

function expectBytes(bytes: Uint8Array, expected: number, what: string): void {
  if (bytes.length !== expected) refuse('values', `${what}: bytes of values`, expected, bytes.length);
}

function expectPadding(bytes: Uint8Array, used: number, what: string): void {
  if (!paddingIsZero(bytes, used)) refuse('values', `${what}: bits after the last value`, 0, 1);
}
