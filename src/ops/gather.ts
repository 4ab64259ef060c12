import { elements, type Attribute } from '../graph/graph.js';
import { axisOf } from './attributes.js';
import { alignBatches } from './broadcast.js';
import type { OpSpec } from './op.js';
import { pick, rowStrides } from './positions.js';
import { NO_WEIGHTS } from './spec.js';
import { take } from './take.js';

/** An index as it is read: a whole number, from the end where it is negative, the nearest that is there beyond. */
export function readIndex(value: number, length: number): number {
  const index = Number.isNaN(value) ? 0 : Math.trunc(value);
  return Math.min(length - 1, Math.max(0, index < 0 ? index + length : index));
}

/** `y[.., j.., ..] = x[.., indices[j..], ..]`: along `axis`, x's elements at `indices`. Embeddings are this with axis 0. */
export const gather: OpSpec = {
  name: 'gather',
  attributes: { axis: undefined },
  inputs: 2,
  dtypes: [
    [['f32', 'f32'], 'f32'],
    [['i8', 'f32'], 'i8'],
  ],
  keepsQuantization: true,
  weights: NO_WEIGHTS,
  channels: {
    sets: ({ inputs: [x, indices], outputs: [y], attributes }) => {
      const taken = attributes.axis as number;
      const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== taken);
      return others.map((axis) => [
        { of: x, axis },
        { of: y, axis: axis < taken ? axis : axis + indices.shape.length - 1 },
      ]);
    },
  },
  prunable: [],
  inferShape({ inputs: [x, indices], attributes }) {
    const axis = axisOf(attributes, x.shape.length);
    return [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  },
  reference({ inputs: [{ shape }], attributes }, [x, indices]) {
    return pick(x, gatherPositions(shape, indices, attributes));
  },
  train({ attributes, inputs, outputShape }) {
    const [x, indices] = alignBatches(inputs);
    const positions = eachSample(x.shape, indices.dataSync(), (shape, some) =>
      gatherPositions(shape, some, attributes),
    );
    return take(x, positions, [x.shape[0], ...outputShape]);
  },
};

function gatherPositions(
  shape: readonly number[],
  indices: ArrayLike<number>,
  attributes: Record<string, Attribute>,
): Int32Array {
  const axis = attributes.axis as number;
  const inner = elements(shape.slice(axis + 1));
  const row = shape[axis] * inner;
  const positions = new Int32Array(elements(shape.slice(0, axis)) * indices.length * inner);
  for (let at = 0, start = 0; at < positions.length; start += row) {
    for (let j = 0; j < indices.length; j++) {
      const from = start + readIndex(indices[j], shape[axis]) * inner;
      for (let i = 0; i < inner; i++) positions[at++] = from + i;
    }
  }
  return positions;
}

/** `y[j..] = x[indices[j.., 0], .., indices[j.., K-1]]`: elements, or sub-arrays, at K indices each. */
export const gatherNd: OpSpec = {
  name: 'gather_nd',
  attributes: {},
  inputs: 2,
  dtypes: [['f32', 'f32']],
  weights: NO_WEIGHTS,
  prunable: [],
  inferShape({ inputs: [x, indices] }) {
    const depth = indices.shape[indices.shape.length - 1];
    if (depth === undefined || depth > x.shape.length) {
      throw new RangeError(
        `indices: expected [.., at most ${x.shape.length}] for x [${x.shape}], got [${indices.shape}]`,
      );
    }
    return [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
  },
  reference({ inputs: [x, { shape }] }, [values, indices]) {
    return pick(values, gatherNdPositions(x.shape, indices, shape[shape.length - 1]));
  },
  train({ inputs, outputShape }) {
    const [x, indices] = alignBatches(inputs);
    const depth = indices.shape[indices.shape.length - 1];
    const positions = eachSample(x.shape, indices.dataSync(), (shape, some) =>
      gatherNdPositions(shape, some, depth),
    );
    return take(x, positions, [x.shape[0], ...outputShape]);
  },
};

function gatherNdPositions(shape: readonly number[], indices: ArrayLike<number>, depth: number): Int32Array {
  const strides = rowStrides(shape);
  const inner = elements(shape.slice(depth));
  const positions = new Int32Array((indices.length / depth) * inner);
  for (let at = 0, j = 0; at < positions.length; j += depth) {
    let from = 0;
    for (let k = 0; k < depth; k++) from += readIndex(indices[j + k], shape[k]) * strides[k];
    for (let i = 0; i < inner; i++) positions[at++] = from + i;
  }
  return positions;
}

/** Positions in the whole batch, from those in each sample. */
function eachSample(
  [batch, ...shape]: readonly number[],
  indices: ArrayLike<number>,
  positionsIn: (shape: readonly number[], indices: ArrayLike<number>) => Int32Array,
): Int32Array {
  const all = Float32Array.from(indices);
  const count = all.length / batch;
  const samples = Array.from({ length: batch }, (_, b) => {
    return positionsIn(shape, all.subarray(b * count, (b + 1) * count)).map((at) => at + b * elements(shape));
  });
  const positions = new Int32Array(batch * samples[0].length);
  samples.forEach((sample, b) => positions.set(sample, b * sample.length));
  return positions;
}
