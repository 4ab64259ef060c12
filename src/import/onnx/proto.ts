/** The messages of onnx.proto3 that an importer needs; field numbers are the format's. */
import { ImportError } from '../errors.js';
import { readFields, type Field, type Handlers } from './wire.js';

export interface OnnxModel {
  irVersion: number;
  producer: string;
  /** Domain ('' is ONNX' own) -> version. */
  opsets: Map<string, number>;
  graph: OnnxGraph;
  /** By `domain:name`. */
  functions: Map<string, OnnxFunction>;
}

export interface OnnxGraph {
  name: string;
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  sparseInitializers: OnnxSparseTensor[];
  inputs: OnnxValueInfo[];
  outputs: OnnxValueInfo[];
}

export interface OnnxFunction {
  name: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  nodes: OnnxNode[];
  opsets: Map<string, number>;
  /** Defaults. */
  attributes: Map<string, OnnxAttribute>;
}

export interface OnnxNode {
  name: string;
  op: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, OnnxAttribute>;
}

export interface OnnxAttribute {
  name: string;
  /** In a function: the caller's attribute that this one takes. */
  reference?: string;
  float?: number;
  int?: number;
  text?: string;
  tensor?: OnnxTensor;
  graph?: OnnxGraph;
  sparse?: OnnxSparseTensor;
  floats: number[];
  ints: number[];
  texts: string[];
}

export interface OnnxTensor {
  name: string;
  dims: number[];
  dataType: number;
  raw?: Uint8Array;
  /** float_data, int32_data, int64_data, double_data, uint64_data: whichever is there. */
  numbers: number[];
  /** True where the data lies in another file. */
  isExternal: boolean;
  /** location, offset, length. */
  external: Map<string, string>;
}

export interface OnnxSparseTensor {
  dims: number[];
  values: OnnxTensor;
  indices: OnnxTensor;
}

export interface OnnxValueInfo {
  name: string;
  elementType: number;
  /** A number, a symbol's name, or '' for unknown; undefined where the rank is unknown or it is no tensor. */
  dims?: (number | string)[];
}

/** @throws ImportError with the place in the model where the bytes are not what they should be */
export function readModel(bytes: Uint8Array, file: string): OnnxModel {
  const model: Omit<OnnxModel, 'graph'> & { graph?: OnnxGraph } = {
    irVersion: 0,
    producer: '',
    opsets: new Map(),
    functions: new Map(),
  };
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  readFields(plain, file, {
    1: (field) => (model.irVersion = field.int()),
    2: (field) => (model.producer = field.text()),
    7: (field) => (model.graph = readGraph(field, `${file}: graph`)),
    8: (field) => readOpset(field, model.opsets, `${file}: opset_import`),
    25: (field) => {
      const one = readFunction(field, `${file}: functions[${model.functions.size}]`);
      model.functions.set(`${one.domain}:${one.name}`, one);
    },
  });
  const { graph } = model;
  if (!graph) throw new ImportError('format', `${file}: expected an ONNX model with a graph, got none`);
  return { ...model, graph };
}

/** OperatorSetIdProto: domain 1, version 2. `ai.onnx` is another name of ONNX' own domain. */
function readOpset(field: Field, opsets: Map<string, number>, where: string): void {
  let domain = '';
  let version = 0;
  field.message(where, { 1: (f) => (domain = f.text()), 2: (f) => (version = f.int()) });
  opsets.set(ownDomain(domain), version);
}

function ownDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function readGraph(field: Field, where: string): OnnxGraph {
  const graph: OnnxGraph = {
    name: '',
    nodes: [],
    initializers: [],
    sparseInitializers: [],
    inputs: [],
    outputs: [],
  };
  const { nodes, initializers, sparseInitializers, inputs, outputs } = graph;
  field.message(where, {
    1: (f) => nodes.push(readNode(f, `${where}.node[${nodes.length}]`)),
    2: (f) => (graph.name = f.text()),
    5: (f) => initializers.push(readTensor(f, `${where}.initializer[${initializers.length}]`)),
    11: (f) => inputs.push(readValueInfo(f, `${where}.input[${inputs.length}]`)),
    12: (f) => outputs.push(readValueInfo(f, `${where}.output[${outputs.length}]`)),
    15: (f) => sparseInitializers.push(readSparse(f, `${where}.sparse_initializer`)),
  });
  return graph;
}

function readNode(field: Field, where: string): OnnxNode {
  const node: OnnxNode = { name: '', op: '', domain: '', inputs: [], outputs: [], attributes: new Map() };
  field.message(where, {
    1: (f) => node.inputs.push(f.text()),
    2: (f) => node.outputs.push(f.text()),
    3: (f) => (node.name = f.text()),
    4: (f) => (node.op = f.text()),
    5: (f) => addAttribute(node.attributes, f, where),
    7: (f) => (node.domain = ownDomain(f.text())),
  });
  return node;
}

function addAttribute(to: Map<string, OnnxAttribute>, field: Field, where: string): void {
  const attribute = readAttribute(field, `${where}.attribute[${to.size}]`);
  to.set(attribute.name, attribute);
}

function readAttribute(field: Field, where: string): OnnxAttribute {
  const attribute: OnnxAttribute = { name: '', floats: [], ints: [], texts: [] };
  field.message(where, {
    1: (f) => (attribute.name = f.text()),
    2: (f) => (attribute.float = f.float()),
    3: (f) => (attribute.int = f.int()),
    4: (f) => (attribute.text = f.text()),
    5: (f) => (attribute.tensor = readTensor(f, `${where}.t`)),
    6: (f) => (attribute.graph = readGraph(f, `${where}.g`)),
    7: (f) => f.floats(attribute.floats),
    8: (f) => f.ints(attribute.ints),
    9: (f) => attribute.texts.push(f.text()),
    21: (f) => (attribute.reference = f.text()),
    22: (f) => (attribute.sparse = readSparse(f, `${where}.sparse_tensor`)),
  });
  return attribute;
}

function readTensor(field: Field, where: string): OnnxTensor {
  const tensor = emptyTensor();
  const { numbers } = tensor;
  field.message(where, {
    1: (f) => f.ints(tensor.dims),
    2: (f) => (tensor.dataType = f.int()),
    4: (f) => f.floats(numbers),
    5: (f) => f.ints(numbers),
    7: (f) => f.ints(numbers),
    8: (f) => (tensor.name = f.text()),
    9: (f) => (tensor.raw = f.bytes()),
    10: (f) => f.doubles(numbers),
    11: (f) => f.ints(numbers),
    13: (f) => readEntry(f, tensor.external, `${where}.external_data`),
    14: (f) => (tensor.isExternal = f.int() === 1),
  });
  return tensor;
}

function emptyTensor(): OnnxTensor {
  return { name: '', dims: [], dataType: 0, numbers: [], isExternal: false, external: new Map() };
}

function readEntry(field: Field, to: Map<string, string>, where: string): void {
  let key = '';
  let value = '';
  field.message(where, { 1: (f) => (key = f.text()), 2: (f) => (value = f.text()) });
  to.set(key, value);
}

function readSparse(field: Field, where: string): OnnxSparseTensor {
  const sparse: OnnxSparseTensor = { dims: [], values: emptyTensor(), indices: emptyTensor() };
  field.message(where, {
    1: (f) => (sparse.values = readTensor(f, `${where}.values`)),
    2: (f) => (sparse.indices = readTensor(f, `${where}.indices`)),
    3: (f) => f.ints(sparse.dims),
  });
  return sparse;
}

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1, dim_param 2 } } } }. */
function readValueInfo(field: Field, where: string): OnnxValueInfo {
  const info: OnnxValueInfo = { name: '', elementType: 0 };
  const shape = (dims: (number | string)[]): Handlers => ({
    1: (f) => {
      dims.push('');
      f.message(`${where}.dim[${dims.length - 1}]`, dimension(dims));
    },
  });
  const tensorType: Handlers = {
    1: (f) => (info.elementType = f.int()),
    2: (f) => f.message(`${where}.shape`, shape((info.dims = []))),
  };
  field.message(where, {
    1: (f) => (info.name = f.text()),
    2: (f) => f.message(`${where}.type`, { 1: (type) => type.message(`${where}.tensor_type`, tensorType) }),
  });
  return info;
}

/** Sets the last of `dims`: dim_value or dim_param. */
function dimension(dims: (number | string)[]): Handlers {
  return {
    1: (f) => (dims[dims.length - 1] = f.int()),
    2: (f) => (dims[dims.length - 1] = f.text()),
  };
}

/** FunctionProto: attributes without default are named only (6), those with one stand in 11. */
function readFunction(field: Field, where: string): OnnxFunction {
  const one: OnnxFunction = {
    name: '',
    domain: '',
    inputs: [],
    outputs: [],
    nodes: [],
    opsets: new Map(),
    attributes: new Map(),
  };
  field.message(where, {
    1: (f) => (one.name = f.text()),
    4: (f) => one.inputs.push(f.text()),
    5: (f) => one.outputs.push(f.text()),
    7: (f) => one.nodes.push(readNode(f, `${where}.node[${one.nodes.length}]`)),
    9: (f) => readOpset(f, one.opsets, `${where}.opset_import`),
    10: (f) => (one.domain = ownDomain(f.text())),
    11: (f) => addAttribute(one.attributes, f, where),
  });
  return one;
}
