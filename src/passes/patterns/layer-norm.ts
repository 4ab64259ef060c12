import type { GraphIndex, Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import { isFloat, perChannel, uniform } from '../constants.js';
import { affineOf } from '../fold-affine.js';
import { vector } from '../linear.js';
import { eachNode } from '../rewrite.js';
import { lineOf } from './algebra.js';

/**
 * `(x - mean) / sqrt(variance + epsilon)` over the last axis is layer_norm, however a converter wrote it; also as Keras does,
 * `x * g + (beta - mean * g)` with `g = gamma / sqrt(variance + epsilon)`.
 */
export const recognizeLayerNorm = eachNode((index, node) => {
  if (node.inputs.length !== 2 || !isFloat(index, node)) return;
  const norm = (node.op === 'add' ? weighted(index, node) : undefined) ?? plain(index, node);
  if (!norm || `${index.tensor(norm.x).shape}` !== `${index.outputOf(node).shape}`) return;
  const { activation = 'linear' } = node.attributes;
  if (activation !== 'linear') return;
  const weights: Record<string, string> = {};
  for (const [role, data] of Object.entries({ gamma: norm.gamma, beta: norm.beta }))
    if (data) weights[role] = index.addWeight(`${node.name}/${role}`, vector(Float32Array.from(data)));
  const attributes = { epsilon: Math.fround(norm.epsilon) };
  index.change(node, { op: 'layer_norm', inputs: [norm.x], attributes, weights });
});

/** Products and sums by channel behind a layer_norm are its gamma and beta. */
export const foldIntoLayerNorm = eachNode((index, node) => {
  const before = node.inputs
    .map((name) => index.producerOf(name))
    .find((producer) => producer?.op === 'layer_norm');
  if (!before || (node.attributes.activation ?? 'linear') !== 'linear') return;
  const channels = index.outputOf(before).shape.at(-1)!;
  const affine = affineOf(index, node, channels);
  if (!affine || !index.isOnlyReader(before.outputs[0], node)) return;
  const { gamma, beta } = index.weights(before);
  const scale = Float32Array.from(affine.factor, (f, c) => f * (gamma?.data[c] ?? 1));
  const shift = Float32Array.from(affine.shift, (s, c) => (beta?.data[c] ?? 0) * affine.factor[c] + s);
  index.setWeight(before, 'gamma', vector(scale));
  index.setWeight(before, 'beta', vector(shift));
  index.change(node, { op: 'reshape', inputs: before.outputs, attributes: {} });
  index.mergeInto(before, node);
});

interface Norm {
  x: string;
  epsilon: number;
  gamma?: Float64Array;
  beta?: Float64Array;
}

/** `(x - mean) * rsqrt(variance + epsilon)`, or divided by the root. */
function plain(index: GraphIndex, node: Node): Norm | undefined {
  const orders = node.op === 'mul' ? [node.inputs, node.inputs.toReversed()] : [node.inputs];
  if (node.op !== 'mul' && node.op !== 'div') return undefined;
  for (const [centered, root] of orders) {
    const inverse = node.op === 'mul' ? inverseDeviation(index, root) : deviation(index, root, 'sqrt');
    const x = inverse && centeredOf(index, centered);
    if (x !== undefined && x === inverse?.x) return inverse;
  }
  return undefined;
}

/** `x * g + (beta - mean * g)` */
function weighted(index: GraphIndex, node: Node): Norm | undefined {
  for (const [scaled, shift] of [node.inputs, node.inputs.toReversed()]) {
    const [product, rest] = [index.producerOf(scaled), index.producerOf(shift)];
    if (product?.op !== 'mul' || rest?.op !== 'sub') continue;
    const beta = index.constantOf(rest.inputs[0]);
    const offset = index.producerOf(rest.inputs[1]);
    const g = product.inputs.find((name) => offset?.op === 'mul' && offset.inputs.includes(name));
    if (!beta || !offset || g === undefined) continue;
    const [x, mean] = [product, offset].map(({ inputs }) => inputs.find((name) => name !== g)!);
    const channels = index.tensor(x).shape.at(-1)!;
    const norm = gammaOf(index, g, channels);
    if (norm?.x === x && meanOf(index, mean) === x)
      return { ...norm, beta: perChannel(index, rest.inputs[0], channels) };
  }
  return undefined;
}

/** `gamma * rsqrt(variance + epsilon)` */
function gammaOf(index: GraphIndex, g: string, channels: number): Norm | undefined {
  const node = index.producerOf(g);
  if (node?.op !== 'mul') return inverseDeviation(index, g);
  const position = node.inputs.findIndex((name) => index.constantOf(name));
  if (position < 0) return undefined;
  const norm = inverseDeviation(index, node.inputs[1 - position]);
  const gamma = perChannel(index, node.inputs[position], channels);
  return norm && gamma && { ...norm, gamma };
}

function inverseDeviation(index: GraphIndex, tensor: string): Norm | undefined {
  const node = index.producerOf(tensor);
  if (node?.op === 'reciprocal') return deviation(index, node.inputs[0], 'sqrt');
  if (node?.op === 'pow' && uniform(index, node.inputs[1]) === -0.5) return variance(index, node.inputs[0]);
  const operands = node?.op === 'div' ? node.inputs : undefined;
  if (operands && uniform(index, operands[0]) === 1) return deviation(index, operands[1], 'sqrt');
  return deviation(index, tensor, 'rsqrt');
}

function deviation(index: GraphIndex, tensor: string, op: 'sqrt' | 'rsqrt'): Norm | undefined {
  const node = index.producerOf(tensor);
  return node?.op === op ? variance(index, node.inputs[0]) : undefined;
}

/** `mean((x - mean(x))^2) + epsilon` */
function variance(index: GraphIndex, tensor: string): Norm | undefined {
  const { x: mean, a, b: epsilon } = lineOf(index, tensor);
  const square = a === 1 && epsilon >= 0 ? meanOf(index, mean) : undefined;
  const node = square === undefined ? undefined : index.producerOf(square);
  if (!node) return undefined;
  const [first, second] = node.inputs;
  if (node.op === 'squared_difference') {
    const x = meanOf(index, second) === first ? first : meanOf(index, first) === second ? second : undefined;
    return x === undefined ? undefined : { x, epsilon };
  }
  const isSquare = node.op === 'square' || (node.op === 'mul' && first === second);
  const isPower = node.op === 'pow' && uniform(index, second) === 2;
  const x = isSquare || isPower ? centeredOf(index, first) : undefined;
  return x === undefined ? undefined : { x, epsilon };
}

/** x, of `x - mean(x)`. */
function centeredOf(index: GraphIndex, tensor: string): string | undefined {
  const node = index.producerOf(tensor);
  if (node?.op !== 'sub') return undefined;
  const [x, mean] = node.inputs;
  return meanOf(index, mean) === x ? x : undefined;
}

/** x, of its mean over the last axis, which is kept. */
function meanOf(index: GraphIndex, tensor: string): string | undefined {
  const node = index.producerOf(tensor);
  if (node?.op !== 'reduce_mean') return undefined;
  const { axes, keepdims } = attributesOf(node) as { axes: number[]; keepdims: number };
  const { length } = index.tensor(node.inputs[0]).shape;
  const isLast = axes.length === 1 && axes[0] === length - 1;
  return isLast && (keepdims === 1 || length === 1) ? node.inputs[0] : undefined;
}
