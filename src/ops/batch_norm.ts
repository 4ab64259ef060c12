import * as tf from '@tensorflow/tfjs-core';
import { f32Of, numberOf } from './attributes.js';
import { lastAxis } from './channels.js';
import type { NormalizeBatch, OpSpec } from './op.js';

/**
 * `y[p,c] = gamma[c] * (x[p,c] - mean[c]) / sqrt(variance[c] + epsilon) + beta[c]` over the last axis (Ioffe and
 * Szegedy 2015). While training mean and variance are the batch's. Folded into the layer before it at export.
 */
export const batchNorm: OpSpec = {
  name: 'batch_norm',
  attributes: { epsilon: 0.001 },
  inputs: 1,
  dtypes: [['f32', 'f32']],
  weights: { required: ['mean', 'variance'], optional: ['gamma', 'beta'] },
  channels: lastAxis,
  prunable: [],
  inferShape({ inputs: [{ shape }], weights, attributes }) {
    numberOf(attributes, 'epsilon', 0, Infinity);
    const channels = shape[shape.length - 1];
    for (const [role, weight] of Object.entries(weights)) {
      if (weight.dtype !== 'f32' || `${weight.shape}` !== `${channels}`) {
        throw new RangeError(`${role}: expected f32 [${channels}], got ${weight.dtype} [${weight.shape}]`);
      }
    }
    return [...shape];
  },
  reference({ attributes }, [x], { mean, variance, gamma, beta }) {
    const channels = mean.data.length;
    const epsilon = f32Of(attributes, 'epsilon');
    const factors = Array.from(
      variance.data,
      (value, c) => (gamma?.data[c] ?? 1) / Math.sqrt(value + epsilon),
    );
    return Float32Array.from(x, (value, i) => {
      const c = i % channels;
      return factors[c] * (value - mean.data[c]) + (beta?.data[c] ?? 0);
    });
  },
  train(context) {
    const { node, attributes, inputs, weights, training, onStatistics } = context;
    const [mean, variance] = [weights.mean, weights.variance] as tf.Tensor1D[];
    // tfjs' gradient (4.22) fails without scale or offset.
    const gamma = (weights.gamma ?? tf.onesLike(mean)) as tf.Tensor1D;
    const beta = (weights.beta ?? tf.zerosLike(mean)) as tf.Tensor1D;
    const epsilon = attributes.epsilon as number;
    if (!training || context.frozenStatistics)
      return tf.batchNorm(inputs[0], mean, variance, beta, gamma, epsilon);
    const normalize = context.normalizeBatch ?? normalizeBatch;
    const result = normalize(inputs[0], gamma, beta, epsilon);
    onStatistics?.(node.weights.mean, result.mean, node.weights.variance, result.variance);
    return result.y;
  },
};

const normalizeBatch: NormalizeBatch = (x, gamma, beta, epsilon) => {
  const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const { mean, variance } = tf.moments(x, axes);
  const y = tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, beta, gamma, epsilon);
  return { y, mean, variance };
};
