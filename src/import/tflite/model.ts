/** A .tflite file as plain objects; every index is checked. */
import { elements } from '../../graph/index.js';
import type { ImportError } from '../errors.js';
import {
  BUFFER,
  BUILTIN_OPERATORS,
  CUSTOM,
  IDENTIFIER,
  METADATA,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  QUANTIZATION,
  SIGNATURE,
  SUBGRAPH,
  TENSOR,
  TENSOR_MAP,
  TENSOR_TYPES,
  type TensorType,
} from './schema.js';
import { FlatTable } from './table.js';

/** `real = scale * (stored - zeroPoint)`: one of each, or one for each index along `axis`. */
export interface ForeignQuantization {
  scale: number[];
  zeroPoint: number[];
  axis: number;
}

export interface ForeignTensor {
  /** In messages: `subgraphs[0].tensors[5]`. */
  table: FlatTable;
  name: string;
  /** Full, batch included; -1 is open. */
  shape: number[];
  type: TensorType;
  /** Of a constant, as stored. */
  bytes?: Uint8Array;
  quantization?: ForeignQuantization;
  /** State that operators write, as an LSTM's. */
  isVariable: boolean;
}

export interface ForeignOperator {
  table: FlatTable;
  /** A name of BuiltinOperator, or a custom operator's own. */
  code: string;
  isCustom: boolean;
  /** Indices of tensors; -1 is an optional one that is not there. */
  inputs: number[];
  outputs: number[];
  options?: FlatTable;
}

export interface TfliteModel {
  name: string;
  description: string;
  tensors: ForeignTensor[];
  operators: ForeignOperator[];
  inputs: number[];
  outputs: number[];
  /** Index of a tensor -> its name in the signature, which is the name its author gave. */
  aliases: Map<number, string>;
  /** Name -> bytes. */
  metadata: Map<string, Uint8Array>;
}

/**
 * The first subgraph of a .tflite file, which is its main one.
 * @throws ImportError that names the place: `model.tflite: subgraphs[0].operators[3].inputs: expected ...`
 */
export function readModel(bytes: Uint8Array, name: string): TfliteModel {
  const model = FlatTable.root(bytes, IDENTIFIER, name);
  const version = model.uint32(MODEL.version);
  if (version !== 3) throw model.error(`version: expected 3, got ${version}`);
  const codes = model.tables(MODEL.operatorCodes, 'operator_codes').map(operatorCode);
  const buffers = model.tables(MODEL.buffers, 'buffers').map(bufferBytes);
  const [graph] = model.tables(MODEL.subgraphs, 'subgraphs');
  if (!graph) throw model.error('subgraphs: expected at least one, got none');
  const tensors = graph.tables(SUBGRAPH.tensors, 'tensors').map((table) => tensorFrom(table, buffers));
  const operators = graph.tables(SUBGRAPH.operators, 'operators').map((table) => {
    return operatorFrom(table, codes, tensors.length);
  });
  return {
    name,
    description: model.string(MODEL.description, 'description'),
    tensors,
    operators,
    inputs: indices(graph, SUBGRAPH.inputs, 'inputs', tensors.length),
    outputs: indices(graph, SUBGRAPH.outputs, 'outputs', tensors.length),
    aliases: signatureNames(model, tensors.length),
    metadata: metadataOf(model, buffers),
  };
}

function operatorCode(table: FlatTable): { code: string; isCustom: boolean } {
  const number = Math.max(table.int8(OPERATOR_CODE.deprecatedCode), table.int32(OPERATOR_CODE.code));
  if (number === CUSTOM)
    return { code: table.string(OPERATOR_CODE.customCode, 'custom_code'), isCustom: true };
  return { code: BUILTIN_OPERATORS[number] ?? `operator ${number}`, isCustom: false };
}

/** The bytes stand in the table, or elsewhere in the file (version 3c, for files beyond 2 GB). */
function bufferBytes(table: FlatTable): Uint8Array | undefined {
  const offset = table.uint64(BUFFER.offset);
  if (offset > 1) return table.outside(offset, table.uint64(BUFFER.size));
  return table.bytes(BUFFER.data, 'data');
}

function tensorFrom(table: FlatTable, buffers: readonly (Uint8Array | undefined)[]): ForeignTensor {
  const type = TENSOR_TYPES[table.int8(TENSOR.type)];
  if (!type) throw table.error(`type: expected a type of TFLite's schema 3, got ${table.int8(TENSOR.type)}`);
  const index = table.uint32(TENSOR.buffer);
  if (index >= buffers.length && index > 0)
    throw table.error(`buffer: expected less than ${buffers.length}, got ${index}`);
  const bytes = buffers[index];
  return {
    table,
    name: table.string(TENSOR.name, 'name'),
    shape: shapeFrom(table),
    type,
    ...(bytes && bytes.length > 0 && { bytes }),
    quantization: quantizationFrom(table),
    isVariable: table.bool(TENSOR.isVariable),
  };
}

/** The signature says which dimensions are open; `shape` has 1 there. */
function shapeFrom(table: FlatTable): number[] {
  const shape = table.int32s(TENSOR.shape, 'shape');
  const signature = table.int32s(TENSOR.signature, 'shape_signature');
  const fits = signature.length === shape.length;
  const open = fits ? shape.map((dim, axis) => (signature[axis] === -1 ? -1 : dim)) : shape;
  if (open.every((dim) => dim >= -1) && elements(open) < 2 ** 53) return open;
  throw table.error(`shape: expected whole numbers >= 0, or -1 where open, got [${shape}]`);
}

function quantizationFrom(tensor: FlatTable): ForeignQuantization | undefined {
  const table = tensor.table(TENSOR.quantization, 'quantization');
  const scale = table?.float32s(QUANTIZATION.scale, 'scale') ?? [];
  if (!table || scale.every((value) => value === 0)) return undefined;
  if (table.uint8(QUANTIZATION.detailsType) !== 0)
    throw table.error('details: expected none, got a custom quantization');
  const zeros = table.int64s(QUANTIZATION.zeroPoint, 'zero_point');
  const zeroPoint = zeros.length === 0 ? scale.map(() => 0) : zeros;
  if (zeroPoint.length !== scale.length && zeroPoint.length !== 1)
    throw table.error(`zero_point: expected ${scale.length}, one for each scale, got ${zeroPoint.length}`);
  const bad = scale.find((value) => !(value >= 0 && value < Infinity));
  if (bad !== undefined) throw table.error(`scale: expected finite numbers >= 0, got ${bad}`);
  return { scale, zeroPoint, axis: table.int32(QUANTIZATION.axis) };
}

function operatorFrom(
  table: FlatTable,
  codes: readonly { code: string; isCustom: boolean }[],
  tensors: number,
): ForeignOperator {
  const index = table.uint32(OPERATOR.code);
  if (index >= codes.length)
    throw table.error(`opcode_index: expected less than ${codes.length}, got ${index}`);
  return {
    table,
    ...codes[index],
    inputs: indices(table, OPERATOR.inputs, 'inputs', tensors, -1),
    outputs: indices(table, OPERATOR.outputs, 'outputs', tensors),
    options: table.table(OPERATOR.options, 'builtin_options'),
  };
}

function indices(table: FlatTable, field: number, what: string, count: number, least = 0): number[] {
  const list = table.int32s(field, what);
  const bad = list.find((index) => index < least || index >= count);
  if (bad === undefined) return list;
  throw table.error(`${what}: expected tensors ${least} to ${count - 1}, got ${bad}`);
}

function signatureNames(model: FlatTable, tensors: number): Map<number, string> {
  const signatures = model.tables(MODEL.signatures, 'signature_defs');
  const main = signatures.find((signature) => signature.uint32(SIGNATURE.subgraph) === 0);
  const maps = main
    ? [...main.tables(SIGNATURE.inputs, 'inputs'), ...main.tables(SIGNATURE.outputs, 'outputs')]
    : [];
  return new Map(
    maps.map((map) => {
      const index = map.uint32(TENSOR_MAP.tensor);
      if (index >= tensors) throw map.error(`tensor_index: expected less than ${tensors}, got ${index}`);
      return [index, map.string(TENSOR_MAP.name, 'name')];
    }),
  );
}

function metadataOf(model: FlatTable, buffers: readonly (Uint8Array | undefined)[]): Map<string, Uint8Array> {
  return new Map(
    model.tables(MODEL.metadata, 'metadata').flatMap((table): [string, Uint8Array][] => {
      const bytes = buffers[table.uint32(METADATA.buffer)];
      return bytes ? [[table.string(METADATA.name, 'name'), bytes]] : [];
    }),
  );
}

/** A fault of one operator, at its place. */
export function operatorError({ table, code }: ForeignOperator, message: string): ImportError {
  return table.error(`${code}: ${message}`);
}
