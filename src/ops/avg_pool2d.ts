import * as tf from '@tensorflow/tfjs-core';
import { averageFactor, ROUND_LIMIT, store } from './arithmetic.js';
import { lastAxis } from './channels.js';
import type { NodeView, OpSpec } from './op.js';
import { explicitPads } from './training.js';
import { allocate, imageShape, quantizationOf, zeroOf } from './values.js';
import { forEachTap, outputSize, poolWindow, type Window } from './window.js';

const { fround } = Math;

/** The mean of each window's pixels inside the image, channel by channel; padding does not count. */
export const avgPool2d: OpSpec = {
  name: 'avg_pool2d',
  attributes: { size: undefined, strides: [1, 1], pads: [0, 0, 0, 0] },
  inputs: 1,
  dtypes: [
    ['f32', 'f32'],
    ['i8', 'i8'],
  ],
  weights: { required: [], optional: [] },
  channels: lastAxis,
  prunable: [],
  inferShape({ attributes, inputs: [input] }) {
    const [height, width, channels] = imageShape(input);
    return [...outputSize(poolWindow(attributes), height, width), channels];
  },
  reference(view, [x]) {
    const [output] = view.outputs;
    const window = poolWindow(view.attributes);
    const [rows, columns, channels] = output.shape;
    const mean = averager(view, window.size[0] * window.size[1]);
    const zero = zeroOf(view.inputs[0]);
    const y = allocate(output);
    const sums = new Float64Array(channels);
    for (let oy = 0, at = 0; oy < rows; oy++) {
      for (let ox = 0; ox < columns; ox++) {
        let pixels = 0;
        sums.fill(0);
        forEachTap(window, view.inputs[0].shape, oy, ox, (pixel) => {
          pixels++;
          for (let c = 0; c < channels; c++) sums[c] += x[pixel * channels + c] - zero;
        });
        for (let c = 0; c < channels; c++) y[at++] = mean(sums[c], pixels);
      }
    }
    return y;
  },
  train({ attributes, inputs: [x], outputShape }) {
    const window = poolWindow(attributes);
    const { size, strides, pads } = window;
    if (pads.every((pad) => pad === 0)) return tf.avgPool(x as tf.Tensor4D, [...size], [...strides], 'valid');
    // Not tfjs' padded average: its gradient (4.22) divides by the whole window, at the image's edge too.
    const padded = tf.pad(x, explicitPads(pads)) as tf.Tensor4D;
    const averages = tf.avgPool(padded, [...size], [...strides], 'valid');
    return tf.mul(averages, edgeCorrection(window, x.shape.slice(1, 3), outputShape));
  },
};

/** Takes the sum over some pixels to the stored mean; `most` is how many they can be. */
export function averager(view: NodeView, most: number): (sum: number, pixels: number) => number {
  const [output] = view.outputs;
  if (output.dtype === 'f32') return (sum, pixels) => sum / pixels;
  const q = quantizationOf(output);
  const { scale } = quantizationOf(view.inputs[0]);
  const largest = 255 * most * averageFactor(scale, q.scale, most);
  if (largest >= ROUND_LIMIT) {
    throw new RangeError(`input: expected means below 2^22 quanta of the output, got up to ${largest}`);
  }
  return (sum, pixels) => store(fround(fround(sum) * averageFactor(scale, q.scale, pixels)), q.zeroPoint);
}

/** [1, rows, columns, 1]: the window's pixels by those of them inside the image. */
function edgeCorrection(window: Window, image: number[], [rows, columns]: number[]): tf.Tensor {
  const taps = window.size[0] * window.size[1];
  const factors = Array.from({ length: rows * columns }, (_, i) => {
    let pixels = 0;
    forEachTap(window, image, Math.floor(i / columns), i % columns, () => pixels++);
    return taps / pixels;
  });
  return tf.tensor(factors, [1, rows, columns, 1]);
}
