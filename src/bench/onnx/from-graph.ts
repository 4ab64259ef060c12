/** A dense f32 graph as ONNX (opset 13, NCHW), so that onnxruntime runs the same network. */
import type { LopModel } from '../../format/index.js';
import { encodeModel, type OnnxAttribute, type OnnxGraph } from './proto.js';

const OPSET = 13;

type GraphNode = LopModel['nodes'][number];

/** What one operator's converter works with. */
interface Conversion {
  model: LopModel;
  node: GraphNode;
  onnx: OnnxGraph;
  /** Vectors flattened from channel-first images, by name, with the image's `[height, width, channels]`. */
  channelFirst: Map<string, number[]>;
}

type Attributes = Record<string, OnnxAttribute>;

const ints = (values: readonly number[]): OnnxAttribute => ({ ints: values });
const shapeOf = (model: LopModel, tensor: string): number[] => model.tensors.get(tensor)!.shape;
const numbers = (node: GraphNode, key: string, otherwise: number[]): number[] =>
  (node.attributes[key] as number[] | undefined) ?? otherwise;

/** Batch 1, channels first. */
export function onnxDims(shape: readonly number[]): number[] {
  return shape.length === 3 ? [1, shape[2], shape[0], shape[1]] : [1, ...shape];
}

function emit(
  to: Conversion,
  op: string,
  inputs: string[],
  output: string,
  attributes: Attributes = {},
): void {
  to.onnx.nodes.push({ op, name: `${to.node.name}/${op}`, inputs, outputs: [output], attributes });
}

function initializer(
  to: Conversion,
  name: string,
  dims: number[],
  data: Float32Array | BigInt64Array,
): string {
  if (!to.onnx.initializers.some((other) => other.name === name))
    to.onnx.initializers.push({ name, dims, data });
  return name;
}

/** A weight of this node, f32, as it lies; undefined where the node has none of this role. */
function weightOf(
  to: Conversion,
  role: string,
): { name: string; shape: number[]; data: Float32Array } | undefined {
  const weight = to.model.weights.get(to.node.weights[role]);
  if (!weight) return undefined;
  if (!(weight.data instanceof Float32Array))
    throw new RangeError(
      `${to.node.name}: expected f32 weights for ONNX, got ${weight.dtype}; pass the dense original`,
    );
  return { name: weight.name, shape: weight.shape, data: weight.data };
}

function biasOf(to: Conversion): string[] {
  const bias = weightOf(to, 'bias');
  return bias ? [initializer(to, bias.name, bias.shape, bias.data)] : [];
}

/** `[O, KH, KW, I]` to ONNX' `[O, I, KH, KW]`. */
function kernelChannelsFirst(data: Float32Array, [O, KH, KW, I]: number[]): Float32Array {
  const out = new Float32Array(data.length);
  let at = 0;
  for (let o = 0; o < O; o++)
    for (let i = 0; i < I; i++)
      for (let tap = 0; tap < KH * KW; tap++) out[at++] = data[(o * KH * KW + tap) * I + i];
  return out;
}

/** Columns of a dense kernel `[O, H * W * C]` reordered to read a vector that was flattened as `[C, H, W]`. */
function columnsChannelsFirst(data: Float32Array, outputs: number, [H, W, C]: number[]): Float32Array {
  return kernelChannelsFirst(data, [outputs, H, W, C]);
}

/** Emits `op`, then the node's fused activation. */
function emitActivated(to: Conversion, op: string, inputs: string[], attributes: Attributes): void {
  const activation = to.node.attributes['activation'] ?? 'linear';
  const [output] = to.node.outputs;
  if (activation === 'linear') return emit(to, op, inputs, output, attributes);
  emit(to, op, inputs, `${output}/linear`, attributes);
  if (activation === 'relu') emit(to, 'Relu', [`${output}/linear`], output);
  else emitRelu6(to, `${output}/linear`);
}

function emitRelu6(to: Conversion, input: string): void {
  const limits = [0, 6].map((limit) => initializer(to, `relu6/${limit}`, [], Float32Array.of(limit)));
  emit(to, 'Clip', [input, ...limits], to.node.outputs[0]);
}

function convolution(to: Conversion, depthwise: boolean): void {
  const kernel = weightOf(to, 'kernel')!;
  const [O, KH, KW, I] = kernel.shape;
  const data = kernelChannelsFirst(kernel.data, kernel.shape);
  const inputs = [to.node.inputs[0], initializer(to, kernel.name, [O, I, KH, KW], data), ...biasOf(to)];
  emitActivated(to, 'Conv', inputs, {
    kernel_shape: ints([KH, KW]),
    strides: ints(numbers(to.node, 'strides', [1, 1])),
    dilations: ints(numbers(to.node, 'dilations', [1, 1])),
    pads: ints(numbers(to.node, 'pads', [0, 0, 0, 0])),
    group: { int: depthwise ? shapeOf(to.model, to.node.inputs[0])[2] : 1 },
  });
}

function dense(to: Conversion): void {
  const kernel = weightOf(to, 'kernel')!;
  const [input] = to.node.inputs;
  const image = to.channelFirst.get(input);
  const data = image ? columnsChannelsFirst(kernel.data, kernel.shape[0], image) : kernel.data;
  const name = image ? `${kernel.name}/chw` : kernel.name;
  const inputs = [input, initializer(to, name, kernel.shape, data), ...biasOf(to)];
  emitActivated(to, 'Gemm', inputs, { transB: { int: 1 } });
}

function pool(to: Conversion, op: string): void {
  const size = numbers(to.node, 'size', [1, 1]);
  emit(to, op, to.node.inputs, to.node.outputs[0], {
    kernel_shape: ints(size),
    strides: ints(numbers(to.node, 'strides', size)),
    pads: ints(numbers(to.node, 'pads', [0, 0, 0, 0])),
  });
}

function globalPool(to: Conversion, op: string): void {
  const [output] = to.node.outputs;
  emit(to, op, to.node.inputs, `${output}/image`);
  emit(to, 'Flatten', [`${output}/image`], output);
}

/** Flattening an image costs onnxruntime nothing where a dense layer's columns can be reordered instead. */
function reshape(to: Conversion): void {
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
  const dims = BigInt64Array.from([1, ...shape], BigInt);
  const target = initializer(to, `${output}/shape`, [dims.length], dims);
  if (shape.length !== 3) return emit(to, 'Reshape', [current, target], output);
  emit(to, 'Reshape', [current, target], `${output}/image`);
  emit(to, 'Transpose', [`${output}/image`], output, { perm: ints([0, 3, 1, 2]) });
}

function batchNorm(to: Conversion): void {
  const mean = weightOf(to, 'mean')!;
  const variance = weightOf(to, 'variance')!;
  const constant = (value: number): Float32Array => new Float32Array(mean.data.length).fill(value);
  const gamma = weightOf(to, 'gamma') ?? {
    name: `${to.node.name}/gamma`,
    shape: mean.shape,
    data: constant(1),
  };
  const beta = weightOf(to, 'beta') ?? { name: `${to.node.name}/beta`, shape: mean.shape, data: constant(0) };
  const weights = [gamma, beta, mean, variance].map(({ name, shape, data }) =>
    initializer(to, name, shape, data),
  );
  emit(to, 'BatchNormalization', [to.node.inputs[0], ...weights], to.node.outputs[0], {
    epsilon: { float: to.node.attributes['epsilon'] as number },
  });
}

function pad(to: Conversion): void {
  const [top, left, bottom, right] = numbers(to.node, 'pads', [0, 0, 0, 0]);
  const pads = BigInt64Array.from([0, 0, top, left, 0, 0, bottom, right], BigInt);
  emit(
    to,
    'Pad',
    [to.node.inputs[0], initializer(to, `${to.node.name}/pads`, [8], pads)],
    to.node.outputs[0],
  );
}

const same =
  (op: string, attributes: Attributes = {}) =>
  (to: Conversion): void =>
    emit(to, op, to.node.inputs, to.node.outputs[0], attributes);

const converters: Record<string, (to: Conversion) => void> = {
  conv2d: (to) => convolution(to, false),
  depthwise_conv2d: (to) => convolution(to, true),
  dense,
  add: same('Add'),
  max_pool2d: (to) => pool(to, 'MaxPool'),
  avg_pool2d: (to) => pool(to, 'AveragePool'),
  global_max_pool2d: (to) => globalPool(to, 'GlobalMaxPool'),
  global_avg_pool2d: (to) => globalPool(to, 'GlobalAveragePool'),
  relu: same('Relu'),
  relu6: (to) => emitRelu6(to, to.node.inputs[0]),
  softmax: same('Softmax', { axis: { int: 1 } }),
  reshape,
  batch_norm: batchNorm,
  pad2d: pad,
  dropout: same('Identity'),
};

/**
 * ONNX bytes of a dense f32 graph, batch 1. Images become `[1, C, H, W]`; vectors `[1, n]`. Throws RangeError for an
 * operator that has no converter and for weights that are not f32.
 */
export function graphToOnnx(model: LopModel): Uint8Array {
  const value = (name: string) => ({ name, dims: onnxDims(shapeOf(model, name)) });
  const onnx: OnnxGraph = {
    nodes: [],
    initializers: [],
    inputs: model.inputs.map(value),
    outputs: model.outputs.map(value),
  };
  const channelFirst = new Map<string, number[]>();
  for (const node of model.nodes) {
    const convert = converters[node.op];
    if (!convert)
      throw new RangeError(
        `${node.name}: ${node.op} has no ONNX form here; expected one of ${Object.keys(converters).join(', ')}`,
      );
    convert({ model, node, onnx, channelFirst });
  }
  return encodeModel(onnx, OPSET);
}

/** An image of `[height, width, channels]` values as `[channels, height, width]`; vectors are returned as they are. */
export function channelsFirst(values: Float32Array, shape: readonly number[]): Float32Array {
  return shape.length === 3 ? kernelChannelsFirst(values, [1, ...shape]) : values;
}
