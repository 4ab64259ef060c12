import * as tf from '@tensorflow/tfjs-core';
import { activationOf } from './attributes.js';
import { denseChannels } from './channels.js';
import { checkLinear, CONVOLUTION_DTYPES, linear, LINEAR_WEIGHTS } from './linear.js';
import type { OpSpec } from './op.js';
import { biasAndActivation } from './training.js';
import { allocate, zeroOf } from './values.js';

/** `y[o] = activation(bias[o] + sum_i w[o,i] * x[i])` */
export const dense: OpSpec = {
  name: 'dense',
  attributes: { activation: 'linear' },
  inputs: 1,
  dtypes: [...CONVOLUTION_DTYPES, ['i8', 'f32']],
  weights: LINEAR_WEIGHTS,
  channels: denseChannels,
  prunable: ['kernel'],
  inferShape(view) {
    checkLinear(view, 2);
    const { shape } = view.inputs[0];
    const [outputs, inputs] = view.weights.kernel.shape;
    if (shape.length !== 1 || shape[0] !== inputs) {
      throw new RangeError(`input: expected [${inputs}] for kernel [${outputs},${inputs}], got [${shape}]`);
    }
    return [outputs];
  },
  reference(view, [x]) {
    const w = view.weights.kernel.data;
    const { start, finish } = linear(view);
    const zero = zeroOf(view.inputs[0]);
    const y = allocate(view.outputs[0]);
    for (let o = 0; o < y.length; o++) {
      let sum = start[o];
      for (let i = 0; i < x.length; i++) sum += w[o * x.length + i] * (x[i] - zero);
      y[o] = finish(sum, o);
    }
    return y;
  },
  train({ attributes, inputs: [x], weights: { kernel, bias } }) {
    return biasAndActivation(tf.matMul(x, kernel), bias, activationOf(attributes));
  },
  tfLayout(role, [outputs, inputs]) {
    return role === 'kernel' ? { permutation: [1, 0], shape: [inputs, outputs] } : undefined;
  },
};
