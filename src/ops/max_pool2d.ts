import * as tf from '@tensorflow/tfjs-core';
import { lastAxis } from './channels.js';
import type { OpSpec } from './op.js';
import { explicitPads } from './training.js';
import { allocate, imageShape } from './values.js';
import { forEachTap, outputSize, poolWindow } from './window.js';

/** The largest value of each window, channel by channel; padding never wins. */
export const maxPool2d: OpSpec = {
  name: 'max_pool2d',
  attributes: { size: undefined, strides: [1, 1], pads: [0, 0, 0, 0] },
  inputs: 1,
  dtypes: [
    ['f32', 'f32'],
    ['i8', 'i8'],
  ],
  keepsQuantization: true,
  weights: { required: [], optional: [] },
  channels: lastAxis,
  prunable: [],
  inferShape({ attributes, inputs: [input] }) {
    const [height, width, channels] = imageShape(input);
    return [...outputSize(poolWindow(attributes), height, width), channels];
  },
  reference({ attributes, inputs: [input], outputs: [output] }, [x]) {
    const window = poolWindow(attributes);
    const [rows, columns, channels] = output.shape;
    const y = allocate(output).fill(output.dtype === 'i8' ? -128 : -Infinity);
    for (let oy = 0; oy < rows; oy++) {
      for (let ox = 0; ox < columns; ox++) {
        const at = (oy * columns + ox) * channels;
        forEachTap(window, input.shape, oy, ox, (pixel) => {
          for (let c = 0; c < channels; c++) y[at + c] = Math.max(y[at + c], x[pixel * channels + c]);
        });
      }
    }
    return y;
  },
  train({ attributes, inputs: [x] }) {
    const { size, strides, pads } = poolWindow(attributes);
    return tf.maxPool(x as tf.Tensor4D, [...size], [...strides], explicitPads(pads));
  },
};
