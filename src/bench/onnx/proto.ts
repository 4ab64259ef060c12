/** The few protobuf messages of ONNX that a model needs (onnx/onnx.proto3; the field numbers are the format's). */
import protobuf from 'protobufjs/minimal.js';

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

type Writer = protobuf.Writer;

/** An attribute's value: integer lists and floats are told apart by their wrapper. */
export type OnnxAttribute = { ints: readonly number[] } | { int: number } | { float: number };

export interface OnnxNode {
  op: string;
  /** Of operators that are not ONNX' own. */
  domain?: string;
  name: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, OnnxAttribute>;
}

/** Elements as their array's type says. */
export type OnnxData = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

export interface OnnxTensor {
  name: string;
  dims: number[];
  data: OnnxData;
}

export interface OnnxValue {
  name: string;
  dims: number[];
}

export interface OnnxGraph {
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
}

const tag = (field: number, wire: number): number => (field << 3) | wire;
const text = (to: Writer, field: number, value: string): Writer =>
  to.uint32(tag(field, LENGTH)).string(value);
const integer = (to: Writer, field: number, value: number): Writer =>
  to.uint32(tag(field, VARINT)).int64(value);

function message(to: Writer, field: number, fill: (inner: Writer) => void): void {
  to.uint32(tag(field, LENGTH)).fork();
  fill(to);
  to.ldelim();
}

/** AttributeProto: name 1, f 2, i 3, ints 8, type 20 (1 FLOAT, 2 INT, 7 INTS). */
function attribute(to: Writer, name: string, value: OnnxAttribute): void {
  text(to, 1, name);
  if ('float' in value) integer(to.uint32(tag(2, FIXED32)).float(value.float), 20, 1);
  else if ('int' in value) integer(integer(to, 3, value.int), 20, 2);
  else {
    for (const one of value.ints) integer(to, 8, one);
    integer(to, 20, 7);
  }
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. */
function node(to: Writer, of: OnnxNode): void {
  for (const input of of.inputs) text(to, 1, input);
  for (const output of of.outputs) text(to, 2, output);
  text(text(to, 3, of.name), 4, of.op);
  if (of.domain !== undefined) text(to, 7, of.domain);
  for (const [name, value] of Object.entries(of.attributes ?? {}))
    message(to, 5, (inner) => attribute(inner, name, value));
}

/** TensorProto.DataType: 1 FLOAT, 2 UINT8, 3 INT8, 6 INT32, 7 INT64. */
function dataType(data: OnnxData): number {
  if (data instanceof Float32Array) return 1;
  if (data instanceof Uint8Array) return 2;
  if (data instanceof Int8Array) return 3;
  return data instanceof Int32Array ? 6 : 7;
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
function tensor(to: Writer, { name, dims, data }: OnnxTensor): void {
  for (const dim of dims) integer(to, 1, dim);
  text(integer(to, 2, dataType(data)), 8, name);
  to.uint32(tag(9, LENGTH)).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 } } } }. */
function value(to: Writer, { name, dims }: OnnxValue): void {
  text(to, 1, name);
  message(to, 2, (type) =>
    message(type, 1, (tensorType) => {
      integer(tensorType, 1, 1);
      message(tensorType, 2, (shape) => {
        for (const dim of dims) message(shape, 1, (inner) => integer(inner, 1, dim));
      });
    }),
  );
}

/** Inputs and outputs are f32; domains beside ONNX' own are at version 1. ModelProto: ir_version 1, producer_name 2, graph 7 { node 1, name 2, initializer 5, input 11, output 12 }, opset_import 8. */
export function encodeModel(graph: OnnxGraph, opset: number): Uint8Array {
  const to = protobuf.Writer.create();
  text(integer(to, 1, 8), 2, 'lopper');
  message(to, 7, (inner) => {
    for (const one of graph.nodes) message(inner, 1, (at) => node(at, one));
    text(inner, 2, 'dense');
    for (const one of graph.initializers) message(inner, 5, (at) => tensor(at, one));
    for (const one of graph.inputs) message(inner, 11, (at) => value(at, one));
    for (const one of graph.outputs) message(inner, 12, (at) => value(at, one));
  });
  const domains = new Set(graph.nodes.flatMap(({ domain }) => domain ?? []));
  message(to, 8, (inner) => integer(text(inner, 1, ''), 2, opset));
  for (const domain of domains) message(to, 8, (inner) => integer(text(inner, 1, domain), 2, 1));
  return to.finish();
}
