/** Writes small .tflite files for tests, with the flatbuffers package's Builder: schema version 3. */
import { Builder } from 'flatbuffers';
import {
  BUFFER,
  BUILTIN_OPERATORS,
  DIMENSION,
  IDENTIFIER,
  METADATA,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  QUANTIZATION,
  SIGNATURE,
  SPARSITY,
  SUBGRAPH,
  TENSOR,
  TENSOR_MAP,
  TENSOR_TYPES,
  type TensorType,
} from '../../../src/import/tflite/schema.js';

/** A field of a table: what kind of number or vector it is, and its value. */
export type Field =
  | { int8: number }
  | { int32: number }
  | { float32: number }
  | { uint64: number }
  | { string: string }
  | { bytes: Uint8Array }
  | { int32s: readonly number[] }
  | { uint16s: readonly number[] }
  | { int64s: readonly number[] }
  | { float32s: readonly number[] }
  | { table: Table }
  | { tables: readonly Table[] };

/** Place in the schema -> field. */
export type Table = Record<number, Field | undefined>;

export interface TensorSpec {
  name?: string;
  shape: number[];
  type?: TensorType;
  /** Bytes or numbers of a constant, as stored. */
  data?: ArrayBufferView;
  scale?: number[];
  zeroPoint?: number[];
  axis?: number;
  signature?: number[];
  isVariable?: boolean;
  sparsity?: Table;
}

export interface OperatorSpec {
  /** A name of BuiltinOperator, or a custom operator's. */
  code: string;
  inputs: number[];
  outputs: number[];
  options?: Table;
}

export interface ModelSpec {
  tensors: TensorSpec[];
  operators: OperatorSpec[];
  inputs: number[];
  outputs: number[];
  description?: string;
  /** Index of a tensor -> its name in the signature. */
  signature?: Record<number, string>;
  metadata?: Record<string, Uint8Array>;
  /** Puts constants behind the flatbuffer, as version 3c may. */
  outside?: boolean;
}

export function writeTflite(spec: ModelSpec): Uint8Array {
  if (!spec.outside) return finished(modelTable(spec, []));
  // Two passes: the first says how long the flatbuffer is, with offsets that take as much room.
  const zeros = spec.tensors.map(() => 2 ** 20);
  const start = Math.ceil(finished(modelTable(spec, zeros)).length / 16) * 16;
  const parts = spec.tensors.map(({ data }) => (data ? bytesOf(data) : new Uint8Array()));
  const offsets = parts.map((_, i) => start + parts.slice(0, i).reduce((sum, part) => sum + part.length, 0));
  const table = finished(modelTable(spec, offsets));
  const file = new Uint8Array(start + parts.reduce((sum, part) => sum + part.length, 0));
  file.set(table);
  parts.forEach((part, i) => file.set(part, offsets[i]));
  return file;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function modelTable(spec: ModelSpec, offsets: readonly number[]): Table {
  const codes = [...new Set(spec.operators.map(({ code }) => code))];
  const metadata = Object.entries(spec.metadata ?? {});
  const own = metadata.map(([, bytes]): Table => ({ [BUFFER.data]: { bytes } }));
  const graph: Table = {
    [SUBGRAPH.tensors]: { tables: spec.tensors.map((tensor, i) => tensorTable(tensor, i)) },
    [SUBGRAPH.inputs]: { int32s: spec.inputs },
    [SUBGRAPH.outputs]: { int32s: spec.outputs },
    [SUBGRAPH.operators]: { tables: spec.operators.map((operator) => operatorTable(operator, codes)) },
  };
  return {
    [MODEL.version]: { int32: 3 },
    [MODEL.operatorCodes]: { tables: codes.map(codeTable) },
    [MODEL.subgraphs]: { tables: [graph] },
    [MODEL.description]: { string: spec.description ?? '' },
    [MODEL.buffers]: {
      tables: [{}, ...spec.tensors.map(({ data }, i) => bufferTable(data, offsets[i])), ...own],
    },
    ...(metadata.length > 0 && {
      [MODEL.metadata]: {
        tables: metadata.map(([name], i) => ({
          [METADATA.name]: { string: name },
          [METADATA.buffer]: { int32: 1 + spec.tensors.length + i },
        })),
      },
    }),
    ...(spec.signature && { [MODEL.signatures]: { tables: [signatureTable(spec)] } }),
  };
}

function codeTable(code: string): Table {
  const number = BUILTIN_OPERATORS.indexOf(code);
  if (number < 0) {
    return { [OPERATOR_CODE.deprecatedCode]: { int8: 32 }, [OPERATOR_CODE.customCode]: { string: code } };
  }
  return {
    [OPERATOR_CODE.deprecatedCode]: { int8: Math.min(127, number) },
    [OPERATOR_CODE.version]: { int32: VERSIONS[code] ?? 1 },
    [OPERATOR_CODE.code]: { int32: number },
  };
}

function bufferTable(data: ArrayBufferView | undefined, offset: number | undefined): Table {
  if (!data) return {};
  if (offset === undefined) return { [BUFFER.data]: { bytes: bytesOf(data) } };
  return { [BUFFER.offset]: { uint64: offset }, [BUFFER.size]: { uint64: data.byteLength } };
}

function tensorTable(tensor: TensorSpec, index: number): Table {
  const { scale, zeroPoint, axis = 0, signature, sparsity, isVariable } = tensor;
  return {
    [TENSOR.shape]: { int32s: tensor.shape },
    [TENSOR.type]: { int8: TENSOR_TYPES.indexOf(tensor.type ?? 'FLOAT32') },
    [TENSOR.buffer]: { int32: tensor.data ? index + 1 : 0 },
    [TENSOR.name]: { string: tensor.name ?? `t${index}` },
    ...(scale && {
      [TENSOR.quantization]: {
        table: {
          [QUANTIZATION.scale]: { float32s: scale },
          [QUANTIZATION.zeroPoint]: { int64s: zeroPoint ?? scale.map(() => 0) },
          [QUANTIZATION.axis]: { int32: axis },
        },
      },
    }),
    ...(isVariable && { [TENSOR.isVariable]: { int8: 1 } }),
    ...(sparsity && { [TENSOR.sparsity]: { table: sparsity } }),
    ...(signature && { [TENSOR.signature]: { int32s: signature } }),
  };
}

function operatorTable({ code, inputs, outputs, options }: OperatorSpec, codes: readonly string[]): Table {
  return {
    [OPERATOR.code]: { int32: codes.indexOf(code) },
    [OPERATOR.inputs]: { int32s: inputs },
    [OPERATOR.outputs]: { int32s: outputs },
    [OPERATOR.optionsType]: { int8: OPTIONS_TYPES[code] ?? 0 },
    ...(OPTIONS_TYPES[code] && { [OPERATOR.options]: { table: options ?? {} } }),
  };
}

/** Operators that appeared with a later version than 1. */
const VERSIONS: Record<string, number> = { BROADCAST_TO: 2 };

/** Places in the union BuiltinOptions. The importer goes by the operator's name; TFLite itself wants them right. */
const OPTIONS_TYPES: Record<string, number> = {
  CONV_2D: 1,
  DEPTHWISE_CONV_2D: 2,
  AVERAGE_POOL_2D: 5,
  MAX_POOL_2D: 5,
  FULLY_CONNECTED: 8,
  SOFTMAX: 9,
  CONCATENATION: 10,
  ADD: 11,
  L2_NORMALIZATION: 12,
  RESIZE_BILINEAR: 15,
  RESHAPE: 17,
  SPACE_TO_DEPTH: 19,
  MUL: 21,
  PAD: 22,
  GATHER: 23,
  TRANSPOSE: 26,
  MEAN: 27,
  SUM: 27,
  REDUCE_MAX: 27,
  REDUCE_MIN: 27,
  REDUCE_PROD: 27,
  REDUCE_ANY: 27,
  SUB: 28,
  DIV: 29,
  SQUEEZE: 30,
  STRIDED_SLICE: 32,
  EXP: 33,
  SPLIT: 35,
  LOG_SOFTMAX: 36,
  CAST: 37,
  ARG_MAX: 40,
  PADV2: 43,
  TRANSPOSE_CONV: 49,
  EXPAND_DIMS: 52,
  ARG_MIN: 57,
  PACK: 59,
  ONE_HOT: 61,
  UNPACK: 64,
  UNIDIRECTIONAL_SEQUENCE_LSTM: 71,
  RESIZE_NEAREST_NEIGHBOR: 74,
  LEAKY_RELU: 75,
  MIRROR_PAD: 77,
  SPLIT_V: 79,
  REVERSE_V2: 81,
  DEPTH_TO_SPACE: 94,
  BATCH_MATMUL: 101,
  CUMSUM: 102,
  GELU: 116,
};

function signatureTable({ inputs, outputs, signature = {} }: ModelSpec): Table {
  const maps = (indices: readonly number[]): Table[] =>
    indices
      .filter((index) => signature[index] !== undefined)
      .map((index) => ({
        [TENSOR_MAP.name]: { string: signature[index] },
        [TENSOR_MAP.tensor]: { int32: index },
      }));
  return {
    [SIGNATURE.inputs]: { tables: maps(inputs) },
    [SIGNATURE.outputs]: { tables: maps(outputs) },
    [SIGNATURE.key]: { string: 'serving_default' },
  };
}

/** One level of a sparse tensor: its size where dense, else segments and indices. */
export type LevelSpec = { size: number } | { segments: number[]; indices: number[]; width?: 1 | 2 | 4 };

export function sparsityTable(order: number[], levels: LevelSpec[], blockMap: number[] = []): Table {
  return {
    [SPARSITY.traversalOrder]: { int32s: order },
    ...(blockMap.length > 0 && { [SPARSITY.blockMap]: { int32s: blockMap } }),
    [SPARSITY.dimensions]: { tables: levels.map(levelTable) },
  };
}

function levelTable(level: LevelSpec): Table {
  if ('size' in level) return { [DIMENSION.denseSize]: { int32: level.size } };
  const { width = 4 } = level;
  const type = { 4: 1, 2: 2, 1: 3 }[width];
  return {
    [DIMENSION.format]: { int8: 1 },
    [DIMENSION.segmentsType]: { int8: type },
    [DIMENSION.segments]: { table: { 0: indexField(level.segments, width) } },
    [DIMENSION.indicesType]: { int8: type },
    [DIMENSION.indices]: { table: { 0: indexField(level.indices, width) } },
  };
}

function indexField(values: number[], width: 1 | 2 | 4): Field {
  if (width === 1) return { bytes: Uint8Array.from(values) };
  return width === 2 ? { uint16s: values } : { int32s: values };
}

function finished(root: Table): Uint8Array {
  const builder = new Builder(1024);
  builder.finish(addTable(builder, root), IDENTIFIER);
  return builder.asUint8Array().slice();
}

/** Children first, as a Builder wants. */
function addTable(builder: Builder, table: Table): number {
  const entries = Object.entries(table).flatMap(([place, field]) =>
    field ? [[Number(place), field] as const] : [],
  );
  const offsets = entries.map(([, field]) => addChild(builder, field));
  builder.startObject(Math.max(0, ...entries.map(([place]) => place + 1)));
  entries.forEach(([place, field], i) => {
    if ('int8' in field) builder.addFieldInt8(place, field.int8, 0);
    else if ('int32' in field) builder.addFieldInt32(place, field.int32, 0);
    else if ('float32' in field) builder.addFieldFloat32(place, field.float32, 0);
    else if ('uint64' in field) builder.addFieldInt64(place, BigInt(field.uint64), 0n);
    else builder.addFieldOffset(place, offsets[i], 0);
  });
  return builder.endObject();
}

function addChild(builder: Builder, field: Field): number {
  if ('string' in field) return builder.createString(field.string) as number;
  if ('bytes' in field) return builder.createByteVector(field.bytes);
  if ('table' in field) return addTable(builder, field.table);
  if ('tables' in field) {
    const tables = field.tables.map((table) => addTable(builder, table));
    return vector(builder, 4, tables, (offset) => builder.addOffset(offset));
  }
  if ('int32s' in field) return vector(builder, 4, field.int32s, (value) => builder.addInt32(value));
  if ('uint16s' in field) return vector(builder, 2, field.uint16s, (value) => builder.addInt16(value));
  if ('int64s' in field) return vector(builder, 8, field.int64s, (value) => builder.addInt64(BigInt(value)));
  if ('float32s' in field) return vector(builder, 4, field.float32s, (value) => builder.addFloat32(value));
  return 0;
}

function vector(
  builder: Builder,
  size: number,
  values: readonly number[],
  add: (value: number) => void,
): number {
  builder.startVector(size, values.length, size);
  values.toReversed().forEach(add);
  return builder.endVector();
}
