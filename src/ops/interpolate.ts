import * as tf from '@tensorflow/tfjs-core';
import { elements } from '../graph/graph.js';
import { axisOf } from './attributes.js';
import type { OpSpec, Values } from './op.js';
import { F32 } from './spec.js';

const { fround } = Math;

/** For each element of the result along one axis: between which two of the input it lies, and how far from the lower. */
export interface Neighbours {
  lower: ArrayLike<number>;
  upper: ArrayLike<number>;
  /** In [0, 1]. */
  fraction: ArrayLike<number>;
}

/** `y[i] = x[lower[i]] * (1 - fraction[i]) + x[upper[i]] * fraction[i]` along `axis`. */
export const interpolate: OpSpec = {
  name: 'interpolate',
  attributes: { axis: undefined },
  inputs: 1,
  dtypes: F32,
  weights: { required: ['lower', 'upper', 'fraction'], optional: [] },
  prunable: [],
  inferShape({ inputs: [{ shape }], attributes, weights }) {
    const axis = axisOf(attributes, shape.length);
    const { length } = weights.lower.data;
    for (const [role, dtype] of Object.entries({ lower: 'i32', upper: 'i32', fraction: 'f32' })) {
      const weight = weights[role];
      if (weight.dtype === dtype && `${weight.shape}` === `${length}`) continue;
      throw new RangeError(`${role}: expected ${dtype} [${length}], got ${weight.dtype} [${weight.shape}]`);
    }
    for (const { name, data } of [weights.lower, weights.upper]) {
      const bad = data.find((index) => index < 0 || index >= shape[axis]);
      if (bad !== undefined) {
        throw new RangeError(`${name}: expected indices in 0..${shape[axis] - 1}, got ${bad}`);
      }
    }
    return shape.with(axis, length);
  },
  reference({ inputs: [{ shape }], attributes }, [x], { lower, upper, fraction }) {
    const neighbours = { lower: lower.data, upper: upper.data, fraction: fraction.data };
    return interpolated(x, shape, attributes.axis as number, neighbours);
  },
  train({ attributes, inputs: [x], weights: { lower, upper, fraction } }) {
    const [low, high, part] = [lower, upper, fraction].map((weight) => weight.dataSync());
    const neighbours = { lower: low, upper: high, fraction: part };
    return interpolatedTensor(x, (attributes.axis as number) + 1, neighbours);
  },
};

/** In the f32 steps of FORMAT.md. */
export function interpolated(
  x: Values,
  shape: readonly number[],
  axis: number,
  { lower, upper, fraction }: Neighbours,
): Float32Array {
  const inner = elements(shape.slice(axis + 1));
  const block = shape[axis] * inner;
  const y = new Float32Array((x.length / shape[axis]) * lower.length);
  for (let start = 0, at = 0; start < x.length; start += block) {
    for (let i = 0; i < lower.length; i++) {
      const a = start + lower[i] * inner;
      const b = start + upper[i] * inner;
      const f = fraction[i];
      const rest = fround(1 - f);
      for (let c = 0; c < inner; c++) y[at++] = fround(x[a + c] * rest) + fround(x[b + c] * f);
    }
  }
  return y;
}

/** The same as a product with the matrix [n, length] of the weights, which is differentiable. `axis` counts the batch. */
export function interpolatedTensor(x: tf.Tensor, axis: number, neighbours: Neighbours): tf.Tensor {
  const { lower, upper, fraction } = neighbours;
  const length = x.shape[axis];
  const n = lower.length;
  const matrix = new Float32Array(n * length);
  for (let i = 0; i < n; i++) {
    matrix[i * length + lower[i]] += 1 - fraction[i];
    matrix[i * length + upper[i]] += fraction[i];
  }
  const outer = elements(x.shape.slice(0, axis));
  const inner = elements(x.shape.slice(axis + 1));
  const folded = tf.transpose(tf.reshape(x, [outer, length, inner]), [1, 0, 2]);
  const product = tf.matMul(tf.tensor2d(matrix, [n, length]), tf.reshape(folded, [length, outer * inner]));
  const unfolded = tf.transpose(tf.reshape(product, [n, outer, inner]), [1, 0, 2]);
  return tf.reshape(unfolded, x.shape.with(axis, n));
}
