/** Writes ONNX models for tests: every kind of attribute, element type, function and graph that the importer reads. */
import protobuf from 'protobufjs/minimal.js';

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

type Writer = protobuf.Writer;

/** TensorProto.DataType. */
export const TYPES = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  bfloat16: 16,
} as const;

export type TypeName = keyof typeof TYPES;

export type TestData =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | Uint16Array | BigInt64Array;

export interface TestTensor {
  dims: number[];
  data: TestData;
  /** Default: its array's. */
  type?: TypeName;
  /** Lists instead of raw_data. */
  list?: boolean;
  /** external_data's entries. */
  external?: Record<string, string>;
}

/** A whole number, whole numbers, a text, texts, a graph, a tensor, the caller's attribute; floats are wrapped. */
export type TestAttribute =
  | number
  | readonly number[]
  | string
  | readonly string[]
  | { float: number }
  | { floats: readonly number[] }
  | { tensor: TestTensor }
  | { graph: TestGraph }
  | { reference: string };

export interface TestNode {
  op: string;
  inputs: string[];
  outputs: string[];
  name?: string;
  domain?: string;
  attributes?: Record<string, TestAttribute>;
}

export interface TestValue {
  name: string;
  /** Unknown rank where absent; text is a symbol. */
  dims?: (number | string)[];
  /** float where there are dimensions; else none is told. */
  type?: TypeName;
}

export interface TestGraph {
  nodes: TestNode[];
  constants?: Record<string, TestTensor>;
  sparse?: { name: string; dims: number[]; values: TestTensor; indices: TestTensor }[];
  inputs?: TestValue[];
  outputs: TestValue[];
}

export interface TestFunction {
  name: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes?: string[];
  nodes: TestNode[];
}

const tag = (field: number, wire: number): number => (field << 3) | wire;

function text(to: Writer, field: number, value: string): Writer {
  return to.uint32(tag(field, LENGTH)).string(value);
}

function integer(to: Writer, field: number, value: number): Writer {
  return to.uint32(tag(field, VARINT)).int64(value);
}

function float(to: Writer, field: number, value: number): Writer {
  return to.uint32(tag(field, FIXED32)).float(value);
}

function message(to: Writer, field: number, fill: (inner: Writer) => void): void {
  to.uint32(tag(field, LENGTH)).fork();
  fill(to);
  to.ldelim();
}

function typeOf(data: TestData): TypeName {
  if (data instanceof Float32Array) return 'float';
  if (data instanceof Float64Array) return 'double';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Uint16Array ? 'float16' : 'int64';
}

function tensor(
  to: Writer,
  name: string,
  { dims, data, type = typeOf(data), list, external }: TestTensor,
): void {
  for (const dim of dims) integer(to, 1, dim);
  text(integer(to, 2, TYPES[type]), 8, name);
  if (external) {
    for (const [key, value] of Object.entries(external))
      message(to, 13, (entry) => text(text(entry, 1, key), 2, value));
    integer(to, 14, 1);
  } else if (list) listed(to, type, data);
  else to.uint32(tag(9, LENGTH)).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** float_data, int64_data and double_data packed; int32_data for all that is smaller. */
function listed(to: Writer, type: TypeName, data: TestData): void {
  const fields: Partial<Record<TypeName, number>> = { float: 4, int64: 7, double: 10 };
  message(to, fields[type] ?? 5, (packed) => {
    for (const value of data) {
      if (type === 'float') packed.float(Number(value));
      else if (type === 'double') packed.double(Number(value));
      else packed.int64(Number(value));
    }
  });
}

function attribute(to: Writer, name: string, value: TestAttribute): void {
  text(to, 1, name);
  if (typeof value === 'number') integer(integer(to, 3, value), 20, 2);
  else if (typeof value === 'string') integer(text(to, 4, value), 20, 3);
  else if ('float' in value) integer(float(to, 2, value.float), 20, 1);
  else if ('floats' in value) {
    for (const one of value.floats) float(to, 7, one);
    integer(to, 20, 6);
  } else if ('tensor' in value) {
    message(to, 5, (inner) => tensor(inner, '', value.tensor));
    integer(to, 20, 4);
  } else if ('graph' in value) {
    message(to, 6, (inner) => graph(inner, value.graph));
    integer(to, 20, 5);
  } else if ('reference' in value) integer(text(to, 21, value.reference), 20, 2);
  else {
    for (const one of value) {
      if (typeof one === 'string') text(to, 9, one);
      else integer(to, 8, one);
    }
    integer(to, 20, typeof value[0] === 'string' ? 8 : 7);
  }
}

function node(to: Writer, of: TestNode): void {
  for (const input of of.inputs) text(to, 1, input);
  for (const output of of.outputs) text(to, 2, output);
  text(text(to, 3, of.name ?? of.outputs[0]), 4, of.op);
  if (of.domain !== undefined) text(to, 7, of.domain);
  for (const [name, value] of Object.entries(of.attributes ?? {}))
    message(to, 5, (inner) => attribute(inner, name, value));
}

function value(to: Writer, { name, dims, type = 'float' }: TestValue): void {
  text(to, 1, name);
  if (!dims) return;
  message(to, 2, (inType) =>
    message(inType, 1, (tensorType) => {
      integer(tensorType, 1, TYPES[type]);
      message(tensorType, 2, (shape) => {
        for (const dim of dims)
          message(shape, 1, (one) => (typeof dim === 'string' ? text(one, 2, dim) : integer(one, 1, dim)));
      });
    }),
  );
}

function graph(to: Writer, { nodes, constants = {}, sparse = [], inputs = [], outputs }: TestGraph): void {
  for (const one of nodes) message(to, 1, (inner) => node(inner, one));
  text(to, 2, 'test');
  for (const [name, one] of Object.entries(constants)) message(to, 5, (inner) => tensor(inner, name, one));
  for (const one of inputs) message(to, 11, (inner) => value(inner, one));
  for (const one of outputs) message(to, 12, (inner) => value(inner, one));
  for (const one of sparse)
    message(to, 15, (inner) => {
      message(inner, 1, (values) => tensor(values, one.name, one.values));
      message(inner, 2, (indices) => tensor(indices, '', one.indices));
      for (const dim of one.dims) integer(inner, 3, dim);
    });
}

function functionProto(to: Writer, of: TestFunction, opset: number): void {
  text(to, 1, of.name);
  for (const name of of.inputs) text(to, 4, name);
  for (const name of of.outputs) text(to, 5, name);
  for (const name of of.attributes ?? []) text(to, 6, name);
  for (const one of of.nodes) message(to, 7, (inner) => node(inner, one));
  message(to, 9, (inner) => integer(text(inner, 1, ''), 2, opset));
  text(to, 10, of.domain);
}

/** @param opset of ONNX' own domain; others are at version 1 */
export function encode(model: TestGraph, opset: number, functions: TestFunction[] = []): Uint8Array {
  const to = protobuf.Writer.create();
  text(integer(to, 1, opset > 20 ? 10 : 8), 2, 'lopper tests');
  message(to, 7, (inner) => graph(inner, model));
  const domains = new Set(model.nodes.flatMap(({ domain }) => domain ?? []));
  message(to, 8, (inner) => integer(text(inner, 1, ''), 2, opset));
  for (const domain of domains) message(to, 8, (inner) => integer(text(inner, 1, domain), 2, 1));
  for (const one of functions) message(to, 25, (inner) => functionProto(inner, one, opset));
  return to.finish();
}
