import type { GraphIndex, Node } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { becomeDepthwise, LINEAR, mergeableProducer, scaleOutputs, type Affine } from './linear.js';
import { eachNode } from './rewrite.js';

/**
 * Folds each batch norm into the convolution or dense layer before it: `W' = W * f`, `b' = b * f + shift` with
 * `f = gamma / sqrt(variance + epsilon)`, `shift = beta - mean * f`. Where that layer has an activation, or other
 * readers, batch norm becomes a depthwise 1x1 convolution.
 */
export const foldBatchNorm = eachNode((index, node) => {
  if (node.op !== 'batch_norm') return;
  const affine = affineOf(index, node);
  const producer = mergeableProducer(index, node, LINEAR);
  if (producer === undefined) becomeDepthwise(index, node, affine);
  else {
    scaleOutputs(index, producer, affine);
    index.mergeInto(producer, node);
  }
});

function affineOf(index: GraphIndex, node: Node): Affine {
  const { gamma, beta, mean, variance } = index.weights(node);
  const epsilon = attributesOf(node).epsilon as number;
  const factor = Float64Array.from(variance.data, (v, c) => (gamma?.data[c] ?? 1) / Math.sqrt(v + epsilon));
  const shift = factor.map((f, c) => (beta?.data[c] ?? 0) - mean.data[c] * f);
  return { factor, shift };
}
