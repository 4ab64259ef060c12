/** Data spaces (shapes) and data types, and the values that they make of bytes (HDF5 file format, IV.A.2.b and d). */
import { fromF16 } from '../../format/f16.js';
import type { Cursor } from './cursor.js';

/** Elements of a data set or attribute. */
export type DataType =
  | { kind: 'int'; size: number; signed: boolean; big: boolean }
  | { kind: 'float'; size: number; big: boolean }
  | { kind: 'text'; size: number }
  /** Text of any length, in a global heap. */
  | { kind: 'heap text'; size: number };

const MOST_RANK = 32;

/** Lengths of the axes; none for a scalar. */
export function readShape(body: Cursor): number[] {
  const version = body.u8();
  if (version !== 1 && version !== 2) throw body.wrong('a data space of version 1 or 2', `${version}`, -1);
  const rank = body.u8();
  if (rank > MOST_RANK) throw body.wrong(`at most ${MOST_RANK} axes`, `${rank}`, -1);
  body.skip(version === 1 ? 6 : 2);
  return Array.from({ length: rank }, () => body.u64());
}

export function readType(body: Cursor): DataType {
  const first = body.u8();
  const bits = body.u8();
  body.skip(2);
  const size = body.u32();
  const big = (bits & 1) === 1;
  switch (first & 0x0f) {
    case 0:
      if ([1, 2, 4, 8].includes(size)) return { kind: 'int', size, signed: (bits & 8) !== 0, big };
      break;
    case 1:
      if ([2, 4, 8].includes(size)) return { kind: 'float', size, big };
      break;
    case 3:
      if (size > 0) return { kind: 'text', size };
      break;
    case 8: // an enumeration, h5py's bool: its numbers
      return readType(body);
    case 9:
      if ((bits & 0x0f) === 1 && size === 16) return { kind: 'heap text', size };
  }
  throw body.wrong('numbers or text', `a data type of class ${first & 0x0f} and ${size} bytes`, -8);
}

/** The numbers in f32; a bfloat16 is the upper half of one. */
export function decodeNumbers(
  bytes: Uint8Array,
  type: DataType & { kind: 'int' | 'float' },
  isBfloat16: boolean,
): Float32Array {
  const count = bytes.length / type.size;
  if (type.kind === 'float' && type.size === 4 && !type.big) {
    // a copy by its constructor: a Buffer's own `slice` shares memory
    const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    return new Float32Array(buffer, byteOffset, count);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = isBfloat16 ? bfloat16 : numberReader(type);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = number(view, i * type.size, !type.big);
  return out;
}

type NumberReader = (view: DataView, at: number, little: boolean) => number;

function numberReader(type: DataType & { kind: 'int' | 'float' }): NumberReader {
  if (type.kind === 'float') {
    if (type.size === 2) return (view, at, little) => fromF16(view.getUint16(at, little));
    return type.size === 4
      ? (view, at, little) => view.getFloat32(at, little)
      : (view, at, little) => view.getFloat64(at, little);
  }
  const { size, signed } = type;
  return (view, at, little) => integer(view, at, little, size, signed);
}

function integer(view: DataView, at: number, little: boolean, size: number, signed: boolean): number {
  switch (size) {
    case 1:
      return signed ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return signed ? view.getInt16(at, little) : view.getUint16(at, little);
    case 4:
      return signed ? view.getInt32(at, little) : view.getUint32(at, little);
    default:
      return Number(signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little));
  }
}

const bfloat16: NumberReader = (view, at, little) => {
  const words = new Uint32Array([view.getUint16(at, little) << 16]);
  return new Float32Array(words.buffer)[0];
};
