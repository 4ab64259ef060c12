/** Constants of a .tflite file: stored bytes -> numbers. */
import { elements } from '../../graph/index.js';
import { fromF16 } from '../../format/f16.js';
import type { ConstantData } from '../values.js';
import type { ForeignQuantization, ForeignTensor } from './model.js';
import type { TensorType } from './schema.js';
import { densePlaces, isSparse } from './sparsity.js';

/** How one element of a type lies in its bytes, little-endian. */
interface Storage {
  /** 0.5 for two in a byte. */
  bytes: number;
  read(view: DataView, index: number): number;
  make(length: number): ConstantData;
}

const f32s = (length: number): ConstantData => new Float32Array(length);
const f64s = (length: number): ConstantData => new Float64Array(length);
const i32s = (length: number): ConstantData => new Int32Array(length);
const i8s = (length: number): ConstantData => new Int8Array(length);
const u8s = (length: number): ConstantData => new Uint8Array(length);

const STORAGE: Partial<Record<TensorType, Storage>> = {
  FLOAT32: { bytes: 4, read: (view, i) => view.getFloat32(4 * i, true), make: f32s },
  FLOAT16: { bytes: 2, read: (view, i) => fromF16(view.getUint16(2 * i, true)), make: f32s },
  BFLOAT16: { bytes: 2, read: (view, i) => fromBf16(view.getUint16(2 * i, true)), make: f32s },
  FLOAT64: { bytes: 8, read: (view, i) => view.getFloat64(8 * i, true), make: f64s },
  INT64: { bytes: 8, read: (view, i) => Number(view.getBigInt64(8 * i, true)), make: f64s },
  INT32: { bytes: 4, read: (view, i) => view.getInt32(4 * i, true), make: i32s },
  UINT32: { bytes: 4, read: (view, i) => view.getUint32(4 * i, true), make: f64s },
  INT16: { bytes: 2, read: (view, i) => view.getInt16(2 * i, true), make: i32s },
  UINT16: { bytes: 2, read: (view, i) => view.getUint16(2 * i, true), make: i32s },
  INT8: { bytes: 1, read: (view, i) => view.getInt8(i), make: i8s },
  UINT8: { bytes: 1, read: (view, i) => view.getUint8(i), make: u8s },
  BOOL: { bytes: 1, read: (view, i) => (view.getUint8(i) === 0 ? 0 : 1), make: u8s },
  INT4: { bytes: 0.5, read: readInt4, make: i8s },
};

/** A bfloat16 is the upper half of an f32. */
function fromBf16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
}

/** Two in a byte, the first in its lower half. */
function readInt4(view: DataView, index: number): number {
  const byte = view.getUint8(index >> 1);
  return ((index % 2 === 0 ? byte << 4 : byte) << 24) >> 28;
}

/**
 * The stored numbers of a constant, dense. They are views of nothing: the file may go.
 * @throws ImportError for a type without numbers, or bytes that are not as many as the shape says
 */
export function storedValues(tensor: ForeignTensor): ConstantData {
  const { table, type, shape, bytes } = tensor;
  const storage = STORAGE[type];
  if (!storage || !bytes)
    throw table.error(`expected a constant of numbers, got ${bytes ? type : 'no bytes'}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isSparse(tensor)) return denseValues(tensor, storage, view);
  const count = elements(shape);
  const expected = Math.ceil(count * storage.bytes);
  if (expected !== bytes.length)
    throw table.error(`buffer: expected ${expected} bytes for ${type} [${shape}], got ${bytes.length}`);
  const data = storage.make(count);
  for (let i = 0; i < count; i++) data[i] = storage.read(view, i);
  return data;
}

function denseValues(tensor: ForeignTensor, storage: Storage, view: DataView): ConstantData {
  const places = densePlaces(tensor);
  const expected = Math.ceil(places.length * storage.bytes);
  if (expected !== view.byteLength)
    throw tensor.table.error(
      `buffer: expected ${expected} bytes for ${places.length} values that are stored, got ${view.byteLength}`,
    );
  const data = storage.make(elements(tensor.shape)).fill(zeroPoint(tensor));
  places.forEach((place, i) => (data[place] = storage.read(view, i)));
  return data;
}

/** What is not stored means 0; a sparse kernel has one zero point. */
function zeroPoint({ quantization }: ForeignTensor): number {
  return quantization?.zeroPoint[0] ?? 0;
}

/** True for the types that stand for real numbers by a scale. Biases are INT32. */
export function isQuantized({ type, quantization }: ForeignTensor): boolean {
  return quantization !== undefined && ['INT8', 'UINT8', 'INT16', 'INT32', 'INT4'].includes(type);
}

/** `scale * (stored - zeroPoint)` in f32, by the tensor's own quantization. */
export function realValues(tensor: ForeignTensor): ConstantData {
  const stored = storedValues(tensor);
  return isQuantized(tensor) ? dequantized(tensor, stored, tensor.quantization!) : stored;
}

function dequantized(
  { table, shape }: ForeignTensor,
  stored: ConstantData,
  { scale, zeroPoint, axis }: ForeignQuantization,
): Float32Array {
  const inner = scale.length === 1 ? stored.length : elements(shape.slice(axis + 1));
  if (scale.length > 1 && shape[axis] !== scale.length)
    throw table.error(`quantization: expected ${shape[axis]} scales along axis ${axis}, got ${scale.length}`);
  const real = new Float32Array(stored.length);
  for (let i = 0; i < real.length; i++) {
    const channel = scale.length === 1 ? 0 : Math.floor(i / inner) % scale.length;
    real[i] = scale[channel] * (stored[i] - zeroPoint[zeroPoint.length === 1 ? 0 : channel]);
  }
  return real;
}
