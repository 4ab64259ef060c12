import * as tf from '@tensorflow/tfjs-core';
import { elements } from '../graph/graph.js';
import { axisOf } from './attributes.js';
import { alignBatches } from './broadcast.js';
import type { ChannelAxis } from './channels.js';
import type { NodeView, OpSpec } from './op.js';
import { F32_OR_INT8, NO_WEIGHTS } from './spec.js';
import { allocate } from './values.js';

/** The inputs one after another along `axis`; a file's node has at most 255. */
export const concat: OpSpec = {
  name: 'concat',
  attributes: { axis: undefined },
  inputs: [1, 255],
  dtypes: F32_OR_INT8,
  keepsQuantization: true,
  weights: NO_WEIGHTS,
  channels: {
    sets: (view) =>
      view.outputs[0].shape.map((_, axis) => [...partsAlong(axis, view), { of: view.outputs[0], axis }]),
  },
  prunable: [],
  inferShape({ inputs, attributes }) {
    const [{ shape }] = inputs;
    const axis = axisOf(attributes, shape.length);
    const length = inputs.reduce((sum, input) => sum + (input.shape[axis] ?? 0), 0);
    for (const input of inputs) {
      const fits = shape.every((dim, i) => i === axis || dim === input.shape[i]);
      if (fits && input.shape.length === shape.length) continue;
      throw new RangeError(
        `inputs: expected shapes like [${shape}] but for axis ${axis}, got [${input.shape}]`,
      );
    }
    return shape.with(axis, length);
  },
  reference({ inputs, outputs: [output], attributes }, values) {
    const axis = attributes.axis as number;
    const y = allocate(output);
    const row = elements(output.shape.slice(axis));
    let from = 0;
    inputs.forEach(({ shape }, i) => {
      const part = elements(shape.slice(axis));
      for (let start = 0, at = from; start < values[i].length; start += part, at += row) {
        y.set(values[i].subarray(start, start + part), at);
      }
      from += part;
    });
    return y;
  },
  train: ({ attributes, inputs }) => tf.concat(alignBatches(inputs), (attributes.axis as number) + 1),
};

/** The inputs' positions along `axis` as the output has them. */
function partsAlong(axis: number, { inputs, attributes }: NodeView): ChannelAxis[] {
  if (axis !== attributes.axis) return inputs.map((of) => ({ of, axis }));
  let start = 0;
  return inputs.map((of) => {
    const from = start;
    start += of.shape[axis];
    return { of, axis, channel: (i) => from + i };
  });
}
