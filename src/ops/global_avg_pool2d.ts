import * as tf from '@tensorflow/tfjs-core';
import { averager } from './avg_pool2d.js';
import { lastAxis } from './channels.js';
import type { OpSpec } from './op.js';
import { allocate, imageShape, zeroOf } from './values.js';

/** [H,W,C] -> [C]: each channel's mean. */
export const globalAvgPool2d: OpSpec = {
  name: 'global_avg_pool2d',
  attributes: {},
  inputs: 1,
  dtypes: [
    ['f32', 'f32'],
    ['i8', 'i8'],
  ],
  weights: { required: [], optional: [] },
  channels: lastAxis,
  prunable: [],
  inferShape: ({ inputs: [input] }) => [imageShape(input)[2]],
  reference(view, [x]) {
    const [height, width, channels] = imageShape(view.inputs[0]);
    const mean = averager(view, height * width);
    const zero = zeroOf(view.inputs[0]);
    const y = allocate(view.outputs[0]);
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < x.length; i += channels) sum += x[i] - zero;
      y[c] = mean(sum, height * width);
    }
    return y;
  },
  train: ({ inputs: [x] }) => tf.mean(x, [1, 2]),
};
