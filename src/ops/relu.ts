import * as tf from '@tensorflow/tfjs-core';
import { sameAxes } from './channels.js';
import type { OpSpec } from './op.js';
import { clampValues } from './values.js';

/** `y = max(x, 0)`, any shape. */
export const relu: OpSpec = {
  name: 'relu',
  attributes: {},
  inputs: 1,
  dtypes: [
    ['f32', 'f32'],
    ['i8', 'i8'],
  ],
  keepsQuantization: true,
  weights: { required: [], optional: [] },
  channels: sameAxes(),
  prunable: [],
  inferShape: ({ inputs: [input] }) => [...input.shape],
  reference: ({ outputs: [output] }, [x]) => clampValues(x, output, 'relu'),
  train: ({ inputs: [x] }) => tf.relu(x),
};
