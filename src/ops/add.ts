import * as tf from '@tensorflow/tfjs-core';
import { activate, clampRange, rescaleFactor, ROUND_LIMIT, store, type Activation } from './arithmetic.js';
import { activationOf } from './attributes.js';
import type { NodeView, OpSpec, Values } from './op.js';
import { applyActivation } from './training.js';
import { allocate, quantizationOf } from './values.js';

const { fround } = Math;

/** `y = activation(a + b)`, two of one shape. */
export const add: OpSpec = {
  name: 'add',
  attributes: { activation: 'linear' },
  inputs: 2,
  dtypes: [
    ['f32', 'f32'],
    ['i8', 'i8'],
  ],
  weights: { required: [], optional: [] },
  prunable: [],
  inferShape({ inputs: [a, b], attributes }) {
    activationOf(attributes);
    if (`${a.shape}` !== `${b.shape}`) {
      throw new RangeError(`inputs: expected two of one shape, got [${a.shape}] and [${b.shape}]`);
    }
    return [...a.shape];
  },
  reference(view, [a, b]) {
    const activation = activationOf(view.attributes);
    if (view.outputs[0].dtype === 'i8') return addInt8(view, a, b, activation);
    return Float32Array.from(a, (value, i) => activate(fround(value + b[i]), activation));
  },
  train({ attributes, inputs: [a, b] }) {
    return applyActivation(tf.add(a, b), activationOf(attributes));
  },
};

function addInt8(view: NodeView, a: Values, b: Values, activation: Activation): Values {
  const [qa, qb] = view.inputs.map(quantizationOf);
  const q = quantizationOf(view.outputs[0]);
  const ma = rescaleFactor(qa.scale, q.scale);
  const mb = rescaleFactor(qb.scale, q.scale);
  if (255 * (ma + mb) >= ROUND_LIMIT) {
    throw new RangeError(
      `inputs: expected sums below 2^22 quanta of the output, got up to ${255 * (ma + mb)}`,
    );
  }
  const [lo, hi] = clampRange(activation, q);
  const y = allocate(view.outputs[0]);
  for (let i = 0; i < y.length; i++) {
    const sum = fround(fround((a[i] - qa.zeroPoint) * ma) + fround((b[i] - qb.zeroPoint) * mb));
    y[i] = store(sum, q.zeroPoint, lo, hi);
  }
  return y;
}
