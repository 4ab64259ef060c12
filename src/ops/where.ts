import * as tf from '@tensorflow/tfjs-core';
import { alignBatches, alignRanks, broadcastShape, stretched, stretchTensor } from './broadcast.js';
import { broadcastChannels } from './channels.js';
import type { OpSpec } from './op.js';
import { F32, NO_WEIGHTS } from './spec.js';

/** `y[i] = condition[i] != 0 ? a[i] : b[i]`, with numpy's broadcasting of all three. */
export const where: OpSpec = {
  name: 'where',
  attributes: {},
  inputs: 3,
  dtypes: F32,
  weights: NO_WEIGHTS,
  channels: broadcastChannels,
  prunable: [],
  inferShape: ({ inputs }) => broadcastShape(...inputs.map(({ shape }) => shape)),
  reference({ inputs, outputs: [{ shape }] }, values) {
    const [condition, a, b] = values.map((x, i) => stretched(x, inputs[i].shape, shape));
    return Float32Array.from(condition, (value, i) => (value !== 0 ? a[i] : b[i]));
  },
  train({ inputs, outputShape }) {
    const [condition, a, b] = alignBatches(alignRanks(inputs)).map((x) => {
      return stretchTensor(x, [x.shape[0], ...outputShape]);
    });
    return choose(condition, a, b);
  },
};

/** Three of one shape. tfjs has no gradient for `condition != 0`; it is zero. */
const choose = /* @__PURE__ */ tf.customGrad((...args) => {
  const [condition, a, b] = args.slice(0, 3) as tf.Tensor[];
  const save = args[3] as tf.GradSaveFunc;
  const mask = tf.notEqual(condition, 0);
  save([mask]);
  return {
    value: tf.where(mask, a, b),
    gradFunc: (dy: tf.Tensor, [chosen]: tf.Tensor[]) => {
      const zero = tf.zerosLike(dy);
      return [zero, tf.where(chosen, dy, zero), tf.where(chosen, zero, dy)];
    },
  };
});
