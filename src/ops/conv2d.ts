import * as tf from '@tensorflow/tfjs-core';
import { activationOf } from './attributes.js';
import { checkLinear, CONVOLUTION_DTYPES, linear, LINEAR_WEIGHTS } from './linear.js';
import type { NodeView, OpSpec, Values } from './op.js';
import { biasAndActivation, dilateKernel, explicitPads } from './training.js';
import { allocate, imageShape, zeroOf } from './values.js';
import { convolutionWindow, forEachTap, outputSize, type Window } from './window.js';

/** `y[p,o] = activation(bias[o] + sum_k,c w[o,k,c] * x[p + k, c])` */
export const conv2d: OpSpec = {
  name: 'conv2d',
  attributes: { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], activation: 'linear' },
  inputs: 1,
  dtypes: CONVOLUTION_DTYPES,
  weights: LINEAR_WEIGHTS,
  prunable: ['kernel'],
  inferShape(view) {
    checkLinear(view, 4);
    const { shape } = view.weights.kernel;
    const [height, width, channels] = imageShape(view.inputs[0]);
    if (shape[3] !== channels) {
      throw new RangeError(`kernel: expected ${channels} input channels, got [${shape}]`);
    }
    return [...outputSize(windowOf(view), height, width), shape[0]];
  },
  reference(view, [x]) {
    const { kernel } = view.weights;
    const [outputs, , , channels] = kernel.shape;
    const [output] = view.outputs;
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
          addProducts(
            sums,
            kernel.data as Values,
            tap * channels,
            taps * channels,
            x,
            pixel * channels,
            channels,
            zero,
          );
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
    const y = tf.conv2d(x as tf.Tensor4D, dilated, [...strides], explicitPads(pads));
    return biasAndActivation(y, bias, activationOf(attributes));
  },
  tfLayout(role, [outputs, rows, columns, inputs]) {
    if (role !== 'kernel') return undefined;
    return { permutation: [1, 2, 3, 0], shape: [rows, columns, inputs, outputs] };
  },
};

function windowOf(view: Omit<NodeView, 'outputs'>): Window {
  const [, rows, columns] = view.weights.kernel.shape;
  return convolutionWindow(view.attributes, [rows, columns]);
}

/** `sums[o] += sum_c w[first + o * stride + c] * (x[from + c] - zero)` */
function addProducts(
  sums: Float64Array,
  w: Values,
  first: number,
  stride: number,
  x: Values,
  from: number,
  channels: number,
  zero: number,
): void {
  for (let o = 0; o < sums.length; o++) {
    const at = first + o * stride;
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += w[at + c] * (x[from + c] - zero);
    sums[o] += sum;
  }
}
