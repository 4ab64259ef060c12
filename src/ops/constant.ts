import * as tf from '@tensorflow/tfjs-core';
import type { OpSpec } from './op.js';
import { F32_OR_INT8 } from './spec.js';

/** `y = value`, whatever the graph's input; int8 values where the output is int8. */
export const constant: OpSpec = {
  name: 'constant',
  attributes: {},
  inputs: 0,
  dtypes: F32_OR_INT8,
  weights: { required: ['value'], optional: [] },
  channels: {
    sets: ({ outputs: [y], weights: { value } }) =>
      y.shape.map((_, axis) => [value, y].map((of) => ({ of, axis }))),
  },
  prunable: [],
  inferShape: ({ weights: { value } }) => [...value.shape],
  check({ weights: { value }, outputs: [output] }) {
    if (value.dtype === output.dtype) return;
    throw new RangeError(`value: expected ${output.dtype} as its output is, got ${value.dtype}`);
  },
  reference({ weights: { value } }) {
    return value.data instanceof Int8Array ? value.data.slice() : Float32Array.from(value.data);
  },
  train: ({ weights: { value } }) => tf.expandDims(value, 0),
};
