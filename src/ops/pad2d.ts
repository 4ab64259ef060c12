import * as tf from '@tensorflow/tfjs-core';
import { padsOf } from './attributes.js';
import { lastAxis } from './channels.js';
import type { OpSpec } from './op.js';
import { explicitPads } from './training.js';
import { allocate, imageShape } from './values.js';

/** Zeros around an image. Becomes the padding of the layer after it at export. */
export const pad2d: OpSpec = {
  name: 'pad2d',
  attributes: { pads: undefined },
  inputs: 1,
  dtypes: [['f32', 'f32']],
  weights: { required: [], optional: [] },
  channels: lastAxis,
  prunable: [],
  inferShape({ inputs: [input], attributes }) {
    const [height, width, channels] = imageShape(input);
    const [top, left, bottom, right] = padsOf(attributes);
    return [height + top + bottom, width + left + right, channels];
  },
  reference({ inputs: [{ shape }], outputs: [output], attributes }, [x]) {
    const [top, left] = padsOf(attributes);
    const row = shape[1] * shape[2];
    const padded = output.shape[1] * shape[2];
    const y = allocate(output);
    for (let i = 0; i < shape[0]; i++) {
      y.set(x.subarray(i * row, (i + 1) * row), (top + i) * padded + left * shape[2]);
    }
    return y;
  },
  train: ({ attributes, inputs: [x] }) => tf.pad(x, explicitPads(padsOf(attributes))),
};
