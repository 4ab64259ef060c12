import * as tf from '@tensorflow/tfjs-core';
import { lastAxis } from './channels.js';
import type { OpSpec } from './op.js';
import { allocate, imageShape } from './values.js';

/** [H,W,C] -> [C]: each channel's largest value. */
export const globalMaxPool2d: OpSpec = {
  name: 'global_max_pool2d',
  attributes: {},
  inputs: 1,
  dtypes: [
    ['f32', 'f32'],
    ['i8', 'i8'],
  ],
  keepsQuantization: true,
  weights: { required: [], optional: [] },
  channels: lastAxis,
  prunable: [],
  inferShape: ({ inputs: [input] }) => [imageShape(input)[2]],
  reference({ outputs: [output] }, [x]) {
    const channels = output.shape[0];
    const y = allocate(output);
    for (let c = 0; c < channels; c++) {
      let largest = x[c];
      for (let i = c + channels; i < x.length; i += channels) largest = Math.max(largest, x[i]);
      y[c] = largest;
    }
    return y;
  },
  train: ({ inputs: [x] }) => tf.max(x, [1, 2]),
};
