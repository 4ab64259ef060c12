/** What the f32 and the int8 converter have in common: nodes, initializers, layouts. */
import type { LopModel } from '../../format/index.js';
import { encodeModel, type OnnxAttribute, type OnnxData, type OnnxGraph } from './proto.js';

const OPSET = 13;

export type GraphNode = LopModel['nodes'][number];

/** What one operator's converter works with. */
export interface Conversion {
  model: LopModel;
  /** Images a run. */
  batch: number;
  node: GraphNode;
  onnx: OnnxGraph;
  /** Vectors flattened from channel-first images, by name, with the image's `[height, width, channels]`. */
  channelFirst: Map<string, number[]>;
}

export type Attributes = Record<string, OnnxAttribute>;

export const ints = (values: readonly number[]): OnnxAttribute => ({ ints: values });
export const shapeOf = (model: LopModel, tensor: string): number[] => model.tensors.get(tensor)!.shape;
export const numbers = (node: GraphNode, key: string, otherwise: number[]): number[] =>
  (node.attributes[key] as number[] | undefined) ?? otherwise;

/** Batch first, then channels. */
export function onnxDims(shape: readonly number[], batch = 1): number[] {
  return shape.length === 3 ? [batch, shape[2], shape[0], shape[1]] : [batch, ...shape];
}

export function emit(
  to: Conversion,
  op: string,
  inputs: string[],
  output: string,
  attributes: Attributes = {},
  domain?: string,
): void {
  to.onnx.nodes.push({ op, domain, name: `${to.node.name}/${op}`, inputs, outputs: [output], attributes });
}

/** Adds a constant once and returns its ONNX name: tensors and weights of a graph may share a name, values of ONNX may not. */
export function initializer(to: Conversion, name: string, dims: number[], data: OnnxData): string {
  const unique = `weight:${name}`;
  if (!to.onnx.initializers.some((other) => other.name === unique))
    to.onnx.initializers.push({ name: unique, dims, data });
  return unique;
}

/** `[O, KH, KW, I]` to ONNX' `[O, I, KH, KW]`. */
export function kernelChannelsFirst<Data extends Float32Array | Int8Array>(
  data: Data,
  [O, KH, KW, I]: number[],
): Data {
  const out = data.slice() as Data;
  let at = 0;
  for (let o = 0; o < O; o++)
    for (let i = 0; i < I; i++)
      for (let tap = 0; tap < KH * KW; tap++) out[at++] = data[(o * KH * KW + tap) * I + i];
  return out;
}

/** Columns of a dense kernel `[O, H * W * C]` reordered to read a vector that was flattened as `[C, H, W]`. */
export function columnsChannelsFirst<Data extends Float32Array | Int8Array>(
  data: Data,
  outputs: number,
  [H, W, C]: number[],
): Data {
  return kernelChannelsFirst(data, [outputs, H, W, C]);
}

/** Attributes of a convolution. */
export function windowAttributes(to: Conversion, [KH, KW]: readonly number[], group: number): Attributes {
  return {
    kernel_shape: ints([KH, KW]),
    strides: ints(numbers(to.node, 'strides', [1, 1])),
    dilations: ints(numbers(to.node, 'dilations', [1, 1])),
    pads: ints(numbers(to.node, 'pads', [0, 0, 0, 0])),
    group: { int: group },
  };
}

export function pool(to: Conversion, op: string): void {
  const size = numbers(to.node, 'size', [1, 1]);
  emit(to, op, to.node.inputs, to.node.outputs[0], {
    kernel_shape: ints(size),
    strides: ints(numbers(to.node, 'strides', size)),
    pads: ints(numbers(to.node, 'pads', [0, 0, 0, 0])),
  });
}

/** Flattening an image costs onnxruntime nothing where a dense layer's columns can be reordered instead. */
export function reshape(to: Conversion): void {
  const [input] = to.node.inputs;
  const [output] = to.node.outputs;
  const from = shapeOf(to.model, input);
  const shape = shapeOf(to.model, output);
  const readers = to.model.nodes.filter((node) => node.inputs.includes(output));
  if (
    from.length === 3 &&
    shape.length === 1 &&
    readers.length > 0 &&
    readers.every((node) => node.op === 'dense')
  ) {
    to.channelFirst.set(output, from);
    return emit(to, 'Flatten', [input], output);
  }
  let current = input;
  if (from.length === 3)
    emit(to, 'Transpose', [input], (current = `${output}/hwc`), { perm: ints([0, 2, 3, 1]) });
  const dims = BigInt64Array.from([to.batch, ...shape], BigInt);
  const target = initializer(to, `${output}/shape`, [dims.length], dims);
  if (shape.length !== 3) return emit(to, 'Reshape', [current, target], output);
  emit(to, 'Reshape', [current, target], `${output}/image`);
  emit(to, 'Transpose', [`${output}/image`], output, { perm: ints([0, 3, 1, 2]) });
}

/**
 * ONNX bytes of a graph, by a table of converters. Images become `[batch, C, H, W]`; vectors `[batch, n]`. Throws RangeError for
 * an operator that has none.
 */
export function convert(
  model: LopModel,
  converters: Record<string, (to: Conversion) => void>,
  batch: number,
): Uint8Array {
  const value = (name: string) => ({ name, dims: onnxDims(shapeOf(model, name), batch) });
  const onnx: OnnxGraph = {
    nodes: [],
    initializers: [],
    inputs: model.inputs.map(value),
    outputs: model.outputs.map(value),
  };
  const channelFirst = new Map<string, number[]>();
  for (const node of model.nodes) {
    const converter = converters[node.op];
    if (!converter)
      throw new RangeError(
        `${node.name}: ${node.op} has no ONNX form here; expected one of ${Object.keys(converters).join(', ')}`,
      );
    converter({ model, batch, node, onnx, channelFirst });
  }
  return encodeModel(onnx, OPSET);
}

/** `batch` images of `[height, width, channels]` values as `[channels, height, width]`; vectors are returned as they are. */
export function channelsFirst(values: Float32Array, shape: readonly number[], batch = 1): Float32Array {
  return shape.length === 3 ? kernelChannelsFirst(values, [batch, ...shape]) : values;
}

/** The opposite of `channelsFirst`. */
export function channelsLast(values: Float32Array, shape: readonly number[], batch = 1): Float32Array {
  if (shape.length !== 3) return values;
  const [H, W, C] = shape;
  return kernelChannelsFirst(values, [batch, C, 1, H * W]);
}
