import * as tf from '@tensorflow/tfjs-core';
import { alignRanks, broadcastShape, stretched } from './broadcast.js';
import { broadcastChannels } from './channels.js';
import type { OpSpec } from './op.js';
import { F32, NO_WEIGHTS } from './spec.js';

/** `y = x < 0 ? x * slope : x` (He et al. 2015), where slope broadcasts to x's shape. */
export const prelu: OpSpec = {
  name: 'prelu',
  attributes: {},
  inputs: 2,
  dtypes: F32,
  weights: NO_WEIGHTS,
  channels: broadcastChannels,
  prunable: [],
  inferShape({ inputs: [x, slope] }) {
    const shape = broadcastShape(x.shape, slope.shape);
    if (`${shape}` === `${x.shape}`) return shape;
    throw new RangeError(`slope: expected a shape that broadcasts to [${x.shape}], got [${slope.shape}]`);
  },
  reference({ inputs: [{ shape }, slope] }, [x, values]) {
    const slopes = stretched(values, slope.shape, shape);
    return Float32Array.from(x, (value, i) => (value < 0 ? value * slopes[i] : value));
  },
  train({ inputs }) {
    const [x, slope] = alignRanks(inputs);
    return tf.add(tf.relu(x), tf.mul(slope, tf.minimum(x, 0)));
  },
};
