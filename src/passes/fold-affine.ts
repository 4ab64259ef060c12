import type { GraphIndex, Node } from '../graph/index.js';
import { perChannel, withConstant } from './constants.js';
import { LINEAR, mergeableProducer, scaleOutputs, type Affine } from './linear.js';
import { eachNode } from './rewrite.js';

/**
 * Products and sums with one number, or one for each channel, go into the convolution or dense layer before them: biases that
 * stand alone, and batch norms that a converter took apart. A reshape that leaves channels alone may stand between.
 */
export const foldAffine = eachNode((index, node) => {
  const channels = index.outputOf(node).shape.at(-1) ?? 1;
  const affine = affineOf(index, node, channels);
  const x = affine && withConstant(index, node)!.x;
  const layer = x && layerBefore(index, node, x);
  if (!affine || !layer || index.tensor(layer.inputs[0]).dtype !== 'f32') return;
  scaleOutputs(index, layer, affine);
  if (node.attributes.activation) index.setAttributes(layer, { activation: node.attributes.activation });
  const before = index.producerOf(x)!;
  index.change(node, { op: 'reshape', inputs: [x], attributes: {} });
  index.mergeInto(before, node);
});

/** What the node does to each of its channels; undefined where it is no such operator. */
export function affineOf(index: GraphIndex, node: Node, channels: number): Affine | undefined {
  if (!['add', 'sub', 'mul', 'div'].includes(node.op)) return undefined;
  const operands = withConstant(index, node);
  const c = operands && perChannel(index, operands.constant, channels);
  if (!c || (node.op === 'div' && operands.swapped)) return undefined;
  const same = (value: number): Float64Array => new Float64Array(channels).fill(value);
  if (node.op === 'mul') return { factor: c, shift: same(0) };
  if (node.op === 'div') return { factor: c.map((value) => 1 / value), shift: same(0) };
  if (node.op === 'sub' && !operands.swapped) return { factor: same(1), shift: c.map((value) => -value) };
  return { factor: same(node.op === 'sub' ? -1 : 1), shift: c };
}

/** The layer whose outputs, each as a whole, are the channels of `x`; undefined where others read what is between. */
export function layerBefore(index: GraphIndex, node: Node, x: string): Node | undefined {
  const layer = mergeableProducer(index, node, LINEAR, x);
  if (layer) return layer;
  const between = index.producerOf(x);
  if (between?.op !== 'reshape' || !index.isOnlyReader(x, node)) return undefined;
  const [from, to] = [between.inputs[0], x].map((name) => index.tensor(name).shape.at(-1));
  return from === to ? layerBefore(index, between, between.inputs[0]) : undefined;
}
