import { elements, type GraphIndex, type Node, type Weight } from '../graph/index.js';

/** Convolutions and dense layers: what computes `activation(W x + b)`, with the outputs along the kernel's first axis. */
export const LINEAR: ReadonlySet<string> = new Set([
  'conv2d',
  'depthwise_conv2d',
  'conv_transpose2d',
  'dense',
]);

/**
 * The node before `node`, where the two may become one: only `node` reads what it gives, it is one of `ops`, and applies no
 * activation yet.
 */
export function mergeableProducer(
  index: GraphIndex,
  node: Node,
  ops: ReadonlySet<string>,
  input = node.inputs[0],
): Node | undefined {
  const producer = index.producerOf(input);
  if (producer === undefined || !ops.has(producer.op) || !index.isOnlyReader(input, node)) return undefined;
  return (producer.attributes.activation ?? 'linear') === 'linear' ? producer : undefined;
}

/** `y = x * factor + shift`, by channel. */
export interface Affine {
  factor: Float64Array;
  shift: Float64Array;
}

/** Makes the f32 layer give `y * factor + shift`. */
export function scaleOutputs(index: GraphIndex, node: Node, { factor, shift }: Affine): void {
  const { kernel, bias } = index.weights(node);
  const perOutput = elements(kernel.shape.slice(1));
  if (factor.some((f) => f !== 1)) {
    const data = Float32Array.from(kernel.data, (w, i) => w * factor[Math.floor(i / perOutput)]);
    index.setWeight(node, 'kernel', { ...kernel, data });
  }
  const moved = Float32Array.from(shift, (s, o) => (bias?.data[o] ?? 0) * factor[o] + s);
  if (bias || moved.some((b) => b !== 0)) index.setWeight(node, 'bias', vector(moved));
}

/** A weight of one axis. */
export function vector(data: Float32Array): Omit<Weight, 'name'> {
  return { shape: [data.length], dtype: 'f32', data, block: [1, 1] };
}

/** `node`, f32, becomes a depthwise 1x1 convolution; what is not an image `[H,W,C]` is seen as pixels. */
export function becomeDepthwise(index: GraphIndex, node: Node, { factor, shift }: Affine): void {
  const channels = factor.length;
  const { shape } = index.outputOf(node);
  const [input] = node.inputs;
  const kernel = index.addWeight(`${node.name}/kernel`, {
    shape: [channels, 1, 1, 1],
    dtype: 'f32',
    data: Float32Array.from(factor),
    block: [1, 1],
  });
  const weights: Record<string, string> = { kernel };
  if (shift.some((s) => s !== 0))
    weights.bias = index.addWeight(`${node.name}/bias`, vector(Float32Array.from(shift)));
  const activation = node.attributes.activation ?? 'linear';
  const attributes: Node['attributes'] = activation === 'linear' ? {} : { activation };
  if (shape.length === 3) {
    index.change(node, { op: 'depthwise_conv2d', inputs: [input], attributes, weights });
    return;
  }
  const output = { shape: [elements(shape.slice(0, -1)), 1, channels], dtype: 'f32' as const };
  const enter = index.insert({ name: `${node.name}/pixels`, op: 'reshape', inputs: [input], output });
  const scaled = index.insert({
    name: `${node.name}/scaled`,
    op: 'depthwise_conv2d',
    inputs: enter.outputs,
    attributes,
    weights,
    output,
  });
  index.change(node, { op: 'reshape', inputs: scaled.outputs, attributes: {}, weights: {} });
}
