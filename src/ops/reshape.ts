import * as tf from '@tensorflow/tfjs-core';
import { elements } from '../graph/graph.js';
import type { OpSpec } from './op.js';
import { reshapeChannels } from './reshape-channels.js';

/** The same values, row-major with channels last, in the output's shape; `inferShape` gives the flat one. */
export const reshape: OpSpec = {
  name: 'reshape',
  attributes: {},
  inputs: 1,
  dtypes: [
    ['f32', 'f32'],
    ['i8', 'i8'],
  ],
  keepsQuantization: true,
  freeShape: true,
  weights: { required: [], optional: [] },
  channels: reshapeChannels,
  prunable: [],
  inferShape({ inputs: [{ shape }] }) {
    return [elements(shape)];
  },
  reference: (_view, [x]) => x.slice(),
  train: ({ inputs: [x], outputShape }) => tf.reshape(x, [x.shape[0], ...outputShape]),
};
