import * as tf from '@tensorflow/tfjs-core';
import { padsOf } from './attributes.js';
import type { OpSpec } from './op.js';
import { explicitPads } from './training.js';
import { imageShape } from './values.js';

/** Zeros around an image. Becomes the padding of the layer after it at export. */
export const pad2d: OpSpec = {
  name: 'pad2d',
  attributes: { pads: undefined },
  inputs: 1,
  dtypes: [['f32', 'f32']],
  weights: { required: [], optional: [] },
  prunable: [],
  inferShape({ inputs: [input], attributes }) {
    const [height, width, channels] = imageShape(input);
    const [top, left, bottom, right] = padsOf(attributes);
    return [height + top + bottom, width + left + right, channels];
  },
  train: ({ attributes, inputs: [x] }) => tf.pad(x, explicitPads(padsOf(attributes))),
};
