import * as tf from '@tensorflow/tfjs-core';
import { numberOf, oneOf } from './attributes.js';
import { sameAxes } from './channels.js';
import type { OpSpec } from './op.js';

/**
 * While training zeroes each value (`unit` element) or each whole feature map (`unit` channel, Tompson et al. 2015)
 * with probability `rate` and scales the rest by `1 / (1 - rate)`; else passes its input on. Removed at export.
 */
export const dropout: OpSpec = {
  name: 'dropout',
  attributes: { rate: undefined, unit: 'element' },
  inputs: 1,
  dtypes: [['f32', 'f32']],
  weights: { required: [], optional: [] },
  channels: sameAxes(),
  prunable: [],
  inferShape({ inputs: [input], attributes }) {
    numberOf(attributes, 'rate', 0, 1);
    oneOf(attributes, 'unit', ['element', 'channel']);
    return [...input.shape];
  },
  reference: (_view, [x]) => x.slice(),
  train({ attributes, inputs: [x], training, seed }) {
    const rate = attributes.rate as number;
    if (!training || rate === 0) return x;
    const wholeMaps = x.shape.map((dim, axis) => (axis === 0 || axis === x.rank - 1 ? dim : 1));
    const noise = attributes.unit === 'channel' ? wholeMaps : undefined;
    return tf.dropout(x, rate, noise, seed);
  },
};
