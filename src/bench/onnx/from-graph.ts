/** A dense f32 graph as ONNX (opset 13, NCHW), so that onnxruntime runs the same network. */
import type { LopModel } from '../../format/index.js';
import {
  columnsChannelsFirst,
  convert,
  emit,
  initializer,
  kernelChannelsFirst,
  numbers,
  pool,
  reshape,
  shapeOf,
  windowAttributes,
  type Attributes,
  type Conversion,
} from './conversion.js';

export { channelsFirst, channelsLast, onnxDims } from './conversion.js';

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
  const group = depthwise ? shapeOf(to.model, to.node.inputs[0])[2] : 1;
  emitActivated(to, 'Conv', inputs, windowAttributes(to, [KH, KW], group));
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

function globalPool(to: Conversion, op: string): void {
  const [output] = to.node.outputs;
  emit(to, op, to.node.inputs, `${output}/image`);
  emit(to, 'Flatten', [`${output}/image`], output);
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
  add: (to) => emitActivated(to, 'Add', to.node.inputs, {}),
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
 * ONNX bytes of a dense f32 graph: see `convert`. Throws RangeError for an operator that has no converter and for weights that
 * are not f32.
 */
export const graphToOnnx = (model: LopModel, batch = 1): Uint8Array => convert(model, converters, batch);
