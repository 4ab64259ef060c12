/** TensorProto -> constants, in each of its encodings. */
import { ImportError } from '../errors.js';
import { leavesFolder, type ReadFile } from '../source.js';
import type { ConstantData } from '../values.js';
import type { OnnxSparseTensor, OnnxTensor } from './proto.js';

/** What a tensor holds. Integers and truths stand as whole numbers in f32 once in the graph. */
export type Kind = 'float' | 'integer' | 'bool';

export interface OnnxConstant {
  shape: number[];
  data: ConstantData;
  kind: Kind;
}

interface ElementType {
  name: string;
  kind: Kind;
  bytes: number;
  /** An array for `length` elements. */
  make(length: number): ConstantData;
  /** The element at byte `at`, little-endian. */
  read(view: DataView, at: number): number;
  /** From the number that stands for it in a list: f16 and bf16 lie as bits in int32_data. */
  fromNumber?(value: number): number;
}

/** TensorProto.DataType. Absent: strings, complex numbers, floats of 8 bits and integers of 4. */
const TYPES: Record<number, ElementType> = {
  1: float('float', 4, floats, (view, at) => view.getFloat32(at, true)),
  2: integer(
    'uint8',
    1,
    (length) => new Uint8Array(length),
    (view, at) => view.getUint8(at),
  ),
  3: integer(
    'int8',
    1,
    (length) => new Int8Array(length),
    (view, at) => view.getInt8(at),
  ),
  4: integer('uint16', 2, int32s, (view, at) => view.getUint16(at, true)),
  5: integer('int16', 2, int32s, (view, at) => view.getInt16(at, true)),
  6: integer('int32', 4, int32s, (view, at) => view.getInt32(at, true)),
  7: integer('int64', 8, doubles, (view, at) => Number(view.getBigInt64(at, true))),
  9: {
    ...integer(
      'bool',
      1,
      (length) => new Uint8Array(length),
      (view, at) => view.getUint8(at),
    ),
    kind: 'bool',
  },
  10: half('float16', f16),
  11: float('double', 8, doubles, (view, at) => view.getFloat64(at, true)),
  12: integer('uint32', 4, doubles, (view, at) => view.getUint32(at, true)),
  13: integer('uint64', 8, doubles, (view, at) => Number(view.getBigUint64(at, true))),
  16: half('bfloat16', bf16),
};

const OTHER_TYPES: Record<number, string> = {
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  21: 'uint4',
  22: 'int4',
};

function float(
  name: string,
  bytes: number,
  make: ElementType['make'],
  read: ElementType['read'],
): ElementType {
  return { name, kind: 'float', bytes, make, read };
}

function integer(
  name: string,
  bytes: number,
  make: ElementType['make'],
  read: ElementType['read'],
): ElementType {
  return { name, kind: 'integer', bytes, make, read };
}

function half(name: string, fromBits: (bits: number) => number): ElementType {
  return {
    ...float(name, 2, floats, (view, at) => fromBits(view.getUint16(at, true))),
    fromNumber: fromBits,
  };
}

function floats(length: number): ConstantData {
  return new Float32Array(length);
}

function int32s(length: number): ConstantData {
  return new Int32Array(length);
}

function doubles(length: number): ConstantData {
  return new Float64Array(length);
}

function f16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const bits32 = new DataView(new ArrayBuffer(4));

function bf16(bits: number): number {
  bits32.setUint32(0, (bits & 0xffff) << 16);
  return bits32.getFloat32(0);
}

/** Of a DataType; ImportError, with its name, for one that no operator here computes with. */
export function elementType(dataType: number, what: string): ElementType {
  const type = TYPES[dataType];
  if (type) return type;
  const got = OTHER_TYPES[dataType] ?? `type ${dataType}`;
  const known = Object.values(TYPES).map(({ name }) => name);
  throw new ImportError('value', `${what}: expected elements of ${known.join(', ')}, got ${got}`);
}

/** @throws ImportError where the data is not as long as the dimensions say, before anything is allocated for it */
export async function constantOf(tensor: OnnxTensor, where: string, read: ReadFile): Promise<OnnxConstant> {
  const raw = tensor.isExternal ? await externalBytes(tensor, where, read) : tensor.raw;
  return decoded(tensor, where, raw);
}

/** Of a tensor that lies in the model's file. */
export function inlineConstant(tensor: OnnxTensor, where: string): OnnxConstant {
  if (tensor.isExternal)
    throw new ImportError(
      'file',
      `${where}: expected the tensor in the model's file, got external data in an attribute`,
    );
  return decoded(tensor, where, tensor.raw);
}

function decoded(tensor: OnnxTensor, where: string, raw: Uint8Array | undefined): OnnxConstant {
  const type = elementType(tensor.dataType, where);
  const shape = checkedDims(tensor.dims, where);
  const length = shape.reduce((a, b) => a * b, 1);
  const data = raw ? fromBytes(raw, type, length, where) : fromNumbers(tensor.numbers, type, length, where);
  if (type.kind === 'float' && hasNaN(data))
    throw new ImportError('value', `${where}: expected numbers, got NaN among its ${length} elements`);
  return { shape, data, kind: type.kind };
}

/** A plain loop: `some` takes a second for 25 million numbers. */
function hasNaN(data: ConstantData): boolean {
  for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) return true;
  return false;
}

function checkedDims(dims: readonly number[], where: string): number[] {
  if (dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) return dims.slice();
  throw new ImportError('format', `${where}: expected dimensions of at least 0, got [${dims}]`);
}

function fromBytes(raw: Uint8Array, type: ElementType, length: number, where: string): ConstantData {
  checkLength(raw.length, length * type.bytes, `bytes of ${type.name}`, where);
  const data = type.make(length);
  if (data.BYTES_PER_ELEMENT === type.bytes && type.kind === 'float') {
    new Uint8Array(data.buffer).set(raw);
    return data;
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let i = 0; i < length; i++) data[i] = type.read(view, i * type.bytes);
  return data;
}

function fromNumbers(
  numbers: readonly number[],
  type: ElementType,
  length: number,
  where: string,
): ConstantData {
  checkLength(numbers.length, length, type.name, where);
  const data = type.make(length);
  numbers.forEach((value, i) => (data[i] = type.fromNumber ? type.fromNumber(value) : value));
  return data;
}

function checkLength(got: number, expected: number, unit: string, where: string): void {
  if (got === expected) return;
  throw new ImportError('length', `${where}: expected ${expected} ${unit} as its dimensions say, got ${got}`);
}

/** A file beside the model; ONNX forbids paths out of its folder, and so do we. */
async function externalBytes(tensor: OnnxTensor, where: string, read: ReadFile): Promise<Uint8Array> {
  const location = tensor.external.get('location') ?? '';
  if (location === '' || leavesFolder(location)) {
    throw new ImportError(
      'file',
      `${where}: expected external data in the model's folder, got '${location}'`,
    );
  }
  const file = await read(location);
  const offset = Number(tensor.external.get('offset') ?? 0);
  const length = Number(tensor.external.get('length') ?? file.length - offset);
  const fits = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (fits && offset + length <= file.length) return file.subarray(offset, offset + length);
  throw new ImportError(
    'length',
    `${where}: expected ${length} bytes at ${offset} of ${location}, got a file of ${file.length}`,
  );
}

/** A constant with its values at `indices`, flat or one row of coordinates each, and zeros elsewhere. */
export async function sparseConstant(
  sparse: OnnxSparseTensor,
  where: string,
  read: ReadFile,
): Promise<OnnxConstant> {
  const values = await constantOf(sparse.values, `${where}.values`, read);
  const indices = await constantOf(sparse.indices, `${where}.indices`, read);
  const shape = checkedDims(sparse.dims, where);
  const length = shape.reduce((a, b) => a * b, 1);
  const count = values.data.length;
  if (!(length <= MOST_SPARSE))
    throw new ImportError('length', `${where}: expected at most ${MOST_SPARSE} elements, got [${shape}]`);
  const coordinates = indices.shape.length === 2 ? shape.length : 1;
  checkLength(indices.data.length, count * coordinates, 'indices', where);
  const data = elementType(sparse.values.dataType, where).make(length);
  for (let i = 0; i < count; i++) {
    data[flatIndex(indices.data, i, coordinates === 1 ? [length] : shape, where)] = values.data[i];
  }
  return { shape, data, kind: values.kind };
}

/** A few bytes may say that a sparse tensor is huge. */
const MOST_SPARSE = 2 ** 26;

function flatIndex(indices: ConstantData, row: number, dims: readonly number[], where: string): number {
  return dims.reduce((flat, dim, axis) => {
    const index = indices[row * dims.length + axis];
    if (!(index >= 0 && index < dim))
      throw new ImportError('value', `${where}: expected indices within [${dims}], got ${index}`);
    return flat * dim + index;
  }, 0);
}
