import * as tf from '@tensorflow/tfjs-core';
import { activationOf } from './attributes.js';
import { depthwiseChannels } from './channels.js';
import { checkLinear, CONVOLUTION_DTYPES, linear, LINEAR_WEIGHTS } from './linear.js';
import type { NodeView, OpSpec } from './op.js';
import { biasAndActivation, dilateKernel, explicitPads } from './training.js';
import { allocate, imageShape, zeroOf } from './values.js';
import { convolutionWindow, forEachTap, outputSize, type Window } from './window.js';

/** `y[p,o] = activation(bias[o] + sum_k w[o,k] * x[p + k, floor(o / M)])`: output channel c*M+m reads channel c. */
export const depthwiseConv2d: OpSpec = {
  name: 'depthwise_conv2d',
  attributes: { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], activation: 'linear' },
  inputs: 1,
  dtypes: CONVOLUTION_DTYPES,
  weights: LINEAR_WEIGHTS,
  channels: depthwiseChannels,
  prunable: [],
  inferShape(view) {
    checkLinear(view, 4);
    const { shape } = view.weights.kernel;
    const [height, width, channels] = imageShape(view.inputs[0]);
    if (shape[0] % channels !== 0 || shape[3] !== 1) {
      throw new RangeError(`kernel: expected [a multiple of ${channels}, rows, columns, 1], got [${shape}]`);
    }
    return [...outputSize(windowOf(view), height, width), shape[0]];
  },
  reference(view, [x]) {
    const w = view.weights.kernel.data;
    const [output] = view.outputs;
    const outputs = output.shape[2];
    const channels = view.inputs[0].shape[2];
    const multiplier = outputs / channels;
    const window = windowOf(view);
    const taps = window.size[0] * window.size[1];
    const { start, finish } = linear(view);
    const zero = zeroOf(view.inputs[0]);
    const y = allocate(output);
    const sums = new Float64Array(outputs);
    for (let oy = 0, at = 0; oy < output.shape[0]; oy++) {
      for (let ox = 0; ox < output.shape[1]; ox++) {
        sums.set(start);
        forEachTap(window, view.inputs[0].shape, oy, ox, (pixel, tap) => {
          for (let o = 0; o < outputs; o++) {
            sums[o] += w[o * taps + tap] * (x[pixel * channels + Math.floor(o / multiplier)] - zero);
          }
        });
        for (let o = 0; o < outputs; o++) y[at++] = finish(sums[o], o);
      }
    }
    return y;
  },
  train({ attributes, inputs: [x], weights: { kernel, bias } }) {
    const [rows, columns] = kernel.shape;
    const { strides, dilations, pads } = convolutionWindow(attributes, [rows, columns]);
    const dilated = dilateKernel(kernel as tf.Tensor4D, dilations);
    const y = tf.depthwiseConv2d(x as tf.Tensor4D, dilated, [...strides], explicitPads(pads));
    return biasAndActivation(y, bias, activationOf(attributes));
  },
  tfLayout(role, [outputs, rows, columns], inputShape) {
    if (role !== 'kernel') return undefined;
    const channels = inputShape[2];
    return { permutation: [1, 2, 0, 3], shape: [rows, columns, channels, outputs / channels] };
  },
};

function windowOf(view: Omit<NodeView, 'outputs'>): Window {
  const [, rows, columns] = view.weights.kernel.shape;
  return convolutionWindow(view.attributes, [rows, columns]);
}
