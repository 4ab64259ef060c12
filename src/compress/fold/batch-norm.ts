import { elements, type Graph, type Node, type Weight } from '../../graph/index.js';
import { uniqueName, weightsOf } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import { LINEAR, mergeableProducer, mergeInto, ownWeight } from './merge.js';

/** `y = x * factor + shift`, by channel. */
interface Affine {
  factor: Float64Array;
  shift: Float64Array;
}

/**
 * Folds each batch norm into the convolution or dense layer before it: `W' = W * f`, `b' = b * f + shift` with
 * `f = gamma / sqrt(variance + epsilon)`, `shift = beta - mean * f`. Where that layer has an activation, or other
 * readers, batch norm becomes a depthwise 1x1 convolution.
 */
export function foldBatchNorm(graph: Graph): void {
  for (const node of graph.nodes.filter(({ op }) => op === 'batch_norm')) {
    const affine = affineOf(graph, node);
    const producer = mergeableProducer(graph, node, LINEAR);
    if (producer === undefined) becomeDepthwise(graph, node, affine);
    else {
      scaleOutputs(graph, producer, affine);
      mergeInto(graph, producer, node);
    }
  }
}

function affineOf(graph: Graph, node: Node): Affine {
  const { gamma, beta, mean, variance } = weightsOf(graph, node);
  const epsilon = attributesOf(node).epsilon as number;
  const factor = Float64Array.from(variance.data, (v, c) => (gamma?.data[c] ?? 1) / Math.sqrt(v + epsilon));
  const shift = factor.map((f, c) => (beta?.data[c] ?? 0) - mean.data[c] * f);
  return { factor, shift };
}

function scaleOutputs(graph: Graph, node: Node, { factor, shift }: Affine): void {
  const { kernel, bias } = weightsOf(graph, node);
  const perOutput = elements(kernel.shape.slice(1));
  const scaled = Float32Array.from(kernel.data, (w, i) => w * factor[Math.floor(i / perOutput)]);
  const moved = Float32Array.from(shift, (s, o) => (bias?.data[o] ?? 0) * factor[o] + s);
  ownWeight(graph, node, 'kernel', { ...kernel, data: scaled });
  ownWeight(graph, node, 'bias', vector(moved));
}

/** A depthwise convolution needs an image: a vector `[C]` is seen as one pixel. */
function becomeDepthwise(graph: Graph, node: Node, { factor, shift }: Affine): void {
  const channels = factor.length;
  Object.assign(node, { op: 'depthwise_conv2d', attributes: {}, weights: {} });
  const kernel = Float32Array.from(factor);
  ownWeight(graph, node, 'kernel', {
    shape: [channels, 1, 1, 1],
    dtype: 'f32',
    data: kernel,
    block: [1, 1],
  });
  ownWeight(graph, node, 'bias', vector(Float32Array.from(shift)));
  const output = graph.tensors.get(node.outputs[0])!;
  if (output.shape.length === 1) wrapInReshapes(graph, node, channels);
}

function wrapInReshapes(graph: Graph, node: Node, channels: number): void {
  const pixel = [1, 1, channels];
  const before = addTensor(graph, `${node.name}/pixel`, pixel);
  const after = addTensor(graph, `${node.name}/scaled`, pixel);
  const enter = reshape(before, node.inputs[0], before);
  const leave = reshape(after, after, node.outputs[0]);
  node.inputs = [before];
  node.outputs = [after];
  graph.nodes.splice(graph.nodes.indexOf(node), 1, enter, node, leave);
}

function reshape(name: string, input: string, output: string): Node {
  return { name, op: 'reshape', inputs: [input], outputs: [output], attributes: {}, weights: {} };
}

function addTensor(graph: Graph, base: string, shape: number[]): string {
  const name = uniqueName(graph.tensors, base);
  graph.tensors.set(name, { name, shape, dtype: 'f32' });
  return name;
}

function vector(data: Float32Array): Omit<Weight, 'name'> {
  return { shape: [data.length], dtype: 'f32', data, block: [1, 1] };
}
