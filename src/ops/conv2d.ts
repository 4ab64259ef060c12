import * as tf from '@tensorflow/tfjs-core';
import { activationOf, wholeOf } from './attributes.js';
import { convolutionChannels } from './channels.js';
import { checkLinear, CONVOLUTION_DTYPES, linear, LINEAR_WEIGHTS } from './linear.js';
import type { NodeView, OpSpec, Values } from './op.js';
import { biasAndActivation, dilateKernel, explicitPads } from './training.js';
import { allocate, imageShape, zeroOf } from './values.js';
import { convolutionWindow, forEachTap, outputSize, type Window } from './window.js';

/**
 * `y[p,o] = activation(bias[o] + sum_k,c w[o,k,c] * x[p + k, c])`. With `groups` g outputs and channels lie in g groups each,
 * and outputs of a group read its channels only: `x[p + k, group * C/g + c]`.
 */
export const conv2d: OpSpec = {
  name: 'conv2d',
  attributes: { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1, activation: 'linear' },
  inputs: 1,
  dtypes: CONVOLUTION_DTYPES,
  weights: LINEAR_WEIGHTS,
  channels: convolutionChannels,
  prunable: ['kernel'],
  inferShape(view) {
    checkLinear(view, 4);
    const [height, width, channels] = imageShape(view.inputs[0]);
    checkGroups(view, channels);
    return [...outputSize(windowOf(view), height, width), view.weights.kernel.shape[0]];
  },
  reference(view, [x]) {
    const [output] = view.outputs;
    const window = windowOf(view);
    const { start, finish } = linear(view);
    const y = allocate(output);
    const sums = new Float64Array(start.length);
    const addProducts = productsOf(view, x, sums);
    for (let oy = 0, at = 0; oy < output.shape[0]; oy++) {
      for (let ox = 0; ox < output.shape[1]; ox++) {
        sums.set(start);
        forEachTap(window, view.inputs[0].shape, oy, ox, addProducts);
        for (let o = 0; o < sums.length; o++) y[at++] = finish(sums[o], o);
      }
    }
    return y;
  },
  train({ attributes, inputs: [x], weights: { kernel, bias } }) {
    const [rows, columns] = kernel.shape;
    const { strides, dilations, pads } = convolutionWindow(attributes, [rows, columns]);
    const dilated = dilateKernel(kernel as tf.Tensor4D, dilations);
    const y = grouped(x, dilated, 3, attributes.groups as number, (part, filter) => {
      return tf.conv2d(part, filter, [...strides], explicitPads(pads));
    });
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

/** Checks that kernel [O,KH,KW,I], `channels` and `groups` fit: I is channels / groups, and groups divides O. */
export function checkGroups(
  { weights: { kernel }, attributes }: Omit<NodeView, 'outputs'>,
  channels: number,
): void {
  const groups = wholeOf(attributes, 'groups', 1);
  const [outputs] = kernel.shape;
  if (channels % groups !== 0 || outputs % groups !== 0) {
    throw new RangeError(
      `groups: expected to divide ${channels} channels and ${outputs} outputs, got ${groups}`,
    );
  }
  if (kernel.shape[3] !== channels / groups) {
    throw new RangeError(`kernel: expected ${channels / groups} input channels, got [${kernel.shape}]`);
  }
}

/** Adds one tap's products: `sums[o] += sum_c w[o,tap,c] * (x[pixel, group(o) * C/g + c] - zero)`. */
function productsOf(view: NodeView, x: Values, sums: Float64Array): (pixel: number, tap: number) => void {
  const { data, shape } = view.weights.kernel;
  const [outputs, rows, columns, channels] = shape;
  const groups = view.attributes.groups as number;
  const perGroup = outputs / groups;
  const zero = zeroOf(view.inputs[0]);
  return (pixel, tap) => {
    for (let o = 0; o < outputs; o++) {
      const from = (pixel * groups + Math.floor(o / perGroup)) * channels;
      const at = (o * rows * columns + tap) * channels;
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += data[at + c] * (x[from + c] - zero);
      sums[o] += sum;
    }
  };
}

/** `convolve` of each group's channels with its part of the kernel, whose outputs lie along `axis`, side by side. */
export function grouped(
  x: tf.Tensor,
  kernel: tf.Tensor4D,
  axis: number,
  groups: number,
  convolve: (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  if (groups === 1) return convolve(x as tf.Tensor4D, kernel);
  const parts = tf.split(x, groups, 3) as tf.Tensor4D[];
  const filters = tf.split(kernel, groups, axis) as tf.Tensor4D[];
  return tf.concat(
    parts.map((part, group) => convolve(part, filters[group])),
    3,
  );
}
