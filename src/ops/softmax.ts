import * as tf from '@tensorflow/tfjs-core';
import { sameAxes } from './channels.js';
import type { OpSpec } from './op.js';

/** `y[i] = exp(x[i] - max x) / sum_j exp(x[j] - max x)` over the last axis. */
export const softmax: OpSpec = {
  name: 'softmax',
  attributes: {},
  inputs: 1,
  dtypes: [['f32', 'f32']],
  weights: { required: [], optional: [] },
  channels: sameAxes(-1),
  prunable: [],
  inferShape({ inputs: [{ shape }] }) {
    if (shape.length === 0) throw new RangeError('input: expected at least one dimension, got a scalar');
    return [...shape];
  },
  reference({ inputs: [{ shape }] }, [x]) {
    const classes = shape[shape.length - 1];
    const y = new Float32Array(x.length);
    for (let row = 0; row < x.length; row += classes) {
      const scores = Array.from(x.subarray(row, row + classes));
      const largest = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - largest));
      const sum = powers.reduce((a, b) => a + b, 0);
      powers.forEach((power, i) => (y[row + i] = power / sum));
    }
    return y;
  },
  train: ({ inputs: [x] }) => tf.softmax(x),
};
