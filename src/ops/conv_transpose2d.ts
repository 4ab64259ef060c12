import * as tf from '@tensorflow/tfjs-core';
import { activationOf, wholesOf } from './attributes.js';
import { convolutionChannels } from './channels.js';
import { checkGroups, grouped } from './conv2d.js';
import { checkLinear, linear } from './linear.js';
import type { NodeView, OpSpec, Values } from './op.js';
import { F32 } from './spec.js';
import { biasAndActivation, dilateKernel } from './training.js';
import { allocate, imageShape } from './values.js';
import { convolutionWindow, type Window } from './window.js';

/**
 * The transpose of a convolution: each pixel adds its multiple of the kernel to the result,
 * `y[p * stride + k * dilation - pads, o] += w[o,k,c] * x[p, group(o) * C/g + c]`, then bias and activation. `pads` are cut
 * from the result, `output_padding` rows and columns are put after it.
 */
export const convTranspose2d: OpSpec = {
  name: 'conv_transpose2d',
  attributes: {
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    output_padding: [0, 0],
    groups: 1,
    activation: 'linear',
  },
  inputs: 1,
  dtypes: F32,
  weights: { required: ['kernel'], optional: ['bias'] },
  channels: convolutionChannels,
  prunable: ['kernel'],
  inferShape(view) {
    checkLinear(view, 4);
    const [height, width, channels] = imageShape(view.inputs[0]);
    checkGroups(view, channels);
    const window = windowOf(view);
    const padding = wholesOf(view.attributes, 'output_padding', 2, 0);
    const size = [height, width].map((length, i) => {
      const axis = i as 0 | 1;
      return wholeLength(window, axis, length) + padding[i] - window.pads[i] - window.pads[i + 2];
    });
    if (size.some((length) => length < 1)) {
      throw new RangeError(
        `pads: expected to leave some of the result, got [${window.pads}], which leave [${size}]`,
      );
    }
    return [...size, view.weights.kernel.shape[0]];
  },
  reference(view, [x]) {
    const { start, finish } = linear(view);
    const y = allocate(view.outputs[0]);
    const outputs = start.length;
    const sums = scatter(view, x);
    for (let at = 0; at < y.length; at++) y[at] = finish(sums[at] + start[at % outputs], at % outputs);
    return y;
  },
  train({ attributes, inputs: [x], weights: { kernel, bias }, outputShape }) {
    const window = convolutionWindow(attributes, kernel.shape.slice(0, 2) as [number, number]);
    const dilated = dilateKernel(kernel as tf.Tensor4D, window.dilations);
    const [batch, height, width] = x.shape;
    const whole = [wholeLength(window, 0, height), wholeLength(window, 1, width)] as const;
    const y = grouped(x, dilated, 2, attributes.groups as number, (part, filter) => {
      const shape = [batch, ...whole, filter.shape[2]] as [number, number, number, number];
      return tf.conv2dTranspose(part, filter, shape, [...window.strides], 'valid');
    });
    const [bottom, right] = attributes.output_padding as number[];
    const padded = tf.pad(y, [
      [0, 0],
      [0, bottom],
      [0, right],
      [0, 0],
    ]);
    const [top, left] = window.pads;
    const cut = tf.slice(padded, [0, top, left, 0], [batch, ...outputShape]);
    return biasAndActivation(cut, bias, activationOf(attributes));
  },
  tfLayout(role, [outputs, rows, columns, inputs]) {
    if (role !== 'kernel') return undefined;
    return { permutation: [1, 2, 0, 3], shape: [rows, columns, outputs, inputs] };
  },
};

function windowOf(view: Omit<NodeView, 'outputs'>): Window {
  const [, rows, columns] = view.weights.kernel.shape;
  return convolutionWindow(view.attributes, [rows, columns]);
}

/** Rows or columns that `length` pixels reach, before cutting and padding. */
function wholeLength({ size, strides, dilations }: Window, axis: 0 | 1, length: number): number {
  return (length - 1) * strides[axis] + (size[axis] - 1) * dilations[axis] + 1;
}

/** The result without bias, its sums in double. */
function scatter(view: NodeView, x: Values): Float64Array {
  const { data, shape } = view.weights.kernel;
  const [outputs, rows, columns, channels] = shape;
  const [height, width] = view.inputs[0].shape;
  const [tall, wide] = view.outputs[0].shape;
  const { strides, dilations, pads } = windowOf(view);
  const groups = view.attributes.groups as number;
  const sums = new Float64Array(tall * wide * outputs);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const top = Math.floor(pixel / width) * strides[0] - pads[0];
    const left = (pixel % width) * strides[1] - pads[1];
    for (let tap = 0; tap < rows * columns; tap++) {
      const oy = top + Math.floor(tap / columns) * dilations[0];
      const ox = left + (tap % columns) * dilations[1];
      if (oy < 0 || oy >= tall || ox < 0 || ox >= wide) continue;
      for (let o = 0; o < outputs; o++) {
        const from = (pixel * groups + Math.floor((o * groups) / outputs)) * channels;
        const at = (o * rows * columns + tap) * channels;
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += data[at + c] * x[from + c];
        sums[(oy * wide + ox) * outputs + o] += sum;
      }
    }
  }
  return sums;
}
