import * as tf from '@tensorflow/tfjs-core';
import type { Attribute } from '../graph/graph.js';
import { quantizeValue } from './arithmetic.js';
import { f32Of, oneOf, wholesOf } from './attributes.js';
import { countKept, type ChannelRule } from './channels.js';
import type { OpSpec } from './op.js';
import { pick, rowStrides } from './positions.js';
import { F32_OR_INT8, NO_WEIGHTS } from './spec.js';
import { takeEach } from './take.js';

type Attributes = Record<string, Attribute>;

const MODES = ['constant', 'reflect', 'symmetric', 'edge'] as const;
type Mode = (typeof MODES)[number];

/** What is put beside x along an axis are channels of their own, which may go; mirrored ones have to stay. */
const padChannels: ChannelRule = {
  sets: ({ inputs: [x], outputs: [y], attributes }) =>
    x.shape.flatMap((dim, axis) => {
      if (attributes.mode !== 'constant' && dim !== y.shape[axis]) return [];
      const before = (attributes.pads as number[])[axis];
      return [
        [
          { of: x, axis, channel: (i: number) => before + i },
          { of: y, axis },
        ],
      ];
    }),
  attributes({ inputs: [{ shape }], outputs: [y], attributes }, kept) {
    const before = (attributes.pads as number[]).slice(0, shape.length);
    const start = before.map((count, axis) => countKept(kept(y, axis), 0, count));
    const end = before.map((count, axis) => countKept(kept(y, axis), count + shape[axis]));
    return { pads: [...start, ...end] };
  },
};

/** Around x, along each axis: `value`, or x mirrored at its first and last element (which `symmetric` repeats), or these alone. */
export const pad: OpSpec = {
  name: 'pad',
  attributes: { pads: undefined, mode: 'constant', value: 0 },
  inputs: 1,
  dtypes: F32_OR_INT8,
  keepsQuantization: true,
  weights: NO_WEIGHTS,
  channels: padChannels,
  prunable: [],
  inferShape({ inputs: [{ shape }], attributes }) {
    const mode = oneOf(attributes, 'mode', MODES);
    f32Of(attributes, 'value');
    const pads = wholesOf(attributes, 'pads', 2 * shape.length, 0);
    pads.forEach((count, i) => {
      const most = mostPads(mode, shape[i % shape.length]);
      if (count <= most) return;
      throw new RangeError(`pads: expected at most ${most} beside [${shape}] (${mode}), got [${pads}]`);
    });
    return shape.map((dim, axis) => dim + pads[axis] + pads[axis + shape.length]);
  },
  reference({ inputs: [{ shape, quantization }], attributes }, [x]) {
    const value = f32Of(attributes, 'value');
    return pick(
      x,
      padPositions(shape, attributes),
      quantization ? quantizeValue(value, quantization) : value,
    );
  },
  train({ attributes, inputs: [x], outputShape }) {
    const shape = x.shape.slice(1);
    if (attributes.mode !== 'constant') return takeEach(x, padPositions(shape, attributes), outputShape);
    const pads = attributes.pads as number[];
    const sides = shape.map((_, axis): [number, number] => [pads[axis], pads[axis + shape.length]]);
    return tf.pad(x, [[0, 0], ...sides], f32Of(attributes, 'value'));
  },
};

function mostPads(mode: Mode, dim: number): number {
  if (mode === 'reflect') return dim - 1;
  return mode === 'symmetric' ? dim : Infinity;
}

/** Where each element of the result lies in x; -1 outside. */
function padPositions(shape: readonly number[], attributes: Attributes): Int32Array {
  const strides = rowStrides(shape);
  return shape.reduce<Int32Array>((positions, _, axis) => {
    const indices = padIndices(shape, axis, attributes);
    const next = new Int32Array(positions.length * indices.length);
    let at = 0;
    for (const first of positions) {
      for (const i of indices) next[at++] = first < 0 || i < 0 ? -1 : first + i * strides[axis];
    }
    return next;
  }, Int32Array.of(0));
}

/** Along one axis: the index in x of each element of the result, -1 where it is `value`. For attributes that fit `shape`. */
export function padIndices(shape: readonly number[], axis: number, attributes: Attributes): number[] {
  const pads = attributes.pads as number[];
  const dim = shape[axis];
  const length = pads[axis] + dim + pads[axis + shape.length];
  return Array.from({ length }, (_, i) => sourceIndex(i - pads[axis], dim, attributes.mode as Mode));
}

function sourceIndex(i: number, dim: number, mode: Mode): number {
  if (i >= 0 && i < dim) return i;
  const edge = i < 0 ? 0 : dim - 1;
  if (mode === 'constant') return -1;
  if (mode === 'edge') return edge;
  return 2 * edge - i + (mode === 'symmetric' ? Math.sign(i) : 0);
}
