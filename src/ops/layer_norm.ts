import * as tf from '@tensorflow/tfjs-core';
import { f32Of, numberOf } from './attributes.js';
import { sameAxes } from './channels.js';
import type { OpSpec } from './op.js';
import { F32 } from './spec.js';

/**
 * `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, mean and variance over the last axis (Ba, Kiros and Hinton
 * 2016).
 */
export const layerNorm: OpSpec = {
  name: 'layer_norm',
  attributes: { epsilon: 0.001 },
  inputs: 1,
  dtypes: F32,
  weights: { required: [], optional: ['gamma', 'beta'] },
  channels: sameAxes(-1),
  prunable: [],
  inferShape({ inputs: [{ shape }], weights, attributes }) {
    numberOf(attributes, 'epsilon', 0, Infinity);
    const length = shape[shape.length - 1];
    if (length === undefined) throw new RangeError('input: expected at least one dimension, got a scalar');
    for (const [role, weight] of Object.entries(weights)) {
      if (weight.dtype !== 'f32' || `${weight.shape}` !== `${length}`) {
        throw new RangeError(`${role}: expected f32 [${length}], got ${weight.dtype} [${weight.shape}]`);
      }
    }
    return [...shape];
  },
  reference({ inputs: [{ shape }], attributes }, [x], { gamma, beta }) {
    const length = shape[shape.length - 1];
    const epsilon = f32Of(attributes, 'epsilon');
    const y = new Float32Array(x.length);
    for (let start = 0; start < x.length; start += length) {
      const row = x.subarray(start, start + length);
      const { mean, variance } = moments(row);
      const factor = 1 / Math.sqrt(variance + epsilon);
      for (let i = 0; i < length; i++) {
        y[start + i] = (row[i] - mean) * factor * (gamma?.data[i] ?? 1) + (beta?.data[i] ?? 0);
      }
    }
    return y;
  },
  train({ attributes, inputs: [x], weights: { gamma, beta } }) {
    const { mean, variance } = tf.moments(x, -1, true);
    const scale = tf.rsqrt(tf.add(variance, attributes.epsilon as number));
    const normalized = tf.mul(tf.sub(x, mean), scale);
    const scaled = gamma ? tf.mul(normalized, gamma) : normalized;
    return beta ? tf.add(scaled, beta) : scaled;
  },
};

/** In double precision. */
function moments(x: ArrayLike<number>): { mean: number; variance: number } {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  const mean = sum / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] - mean) ** 2;
  return { mean, variance: squares / x.length };
}
