/** Reductions over some axes: a table of folds, from which the specs are made. */
import * as tf from '@tensorflow/tfjs-core';
import { elements, type Attribute } from '../graph/graph.js';
import { axisOf, flagOf, wholesOf } from './attributes.js';
import type { OpSpec, Values } from './op.js';
import { positionsOf, rowStrides } from './positions.js';
import { F32, NO_WEIGHTS } from './spec.js';
import { constantGradient } from './take.js';

type Attributes = Record<string, Attribute>;

interface Reduction {
  start: number;
  /** In double precision; rounded once at the end. */
  fold(result: number, x: number): number;
  /** What is made of the result of `count` values. */
  finish?(result: number, count: number): number;
  train(x: tf.Tensor, axes: number[]): tf.Tensor;
}

const REDUCTIONS: Record<string, Reduction> = {
  reduce_sum: { start: 0, fold: (sum, x) => sum + x, train: tf.sum },
  reduce_mean: { start: 0, fold: (sum, x) => sum + x, finish: (sum, count) => sum / count, train: tf.mean },
  reduce_max: { start: -Infinity, fold: Math.max, train: tf.max },
  reduce_min: { start: Infinity, fold: Math.min, train: tf.min },
  reduce_prod: { start: 1, fold: (product, x) => product * x, train: tf.prod },
};

export const reductions: OpSpec[] = Object.entries(REDUCTIONS).map(([name, reduction]) => ({
  name,
  attributes: { axes: undefined, keepdims: 0 },
  inputs: 1,
  dtypes: F32,
  weights: NO_WEIGHTS,
  channels: {
    sets: ({ inputs: [x], outputs: [y], attributes }) => {
      const axes = axesOf(attributes, x.shape.length);
      const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
      return others.map((axis, i) => [
        { of: x, axis },
        { of: y, axis: flagOf(attributes, 'keepdims') ? axis : i },
      ]);
    },
  },
  prunable: [],
  inferShape: ({ inputs: [{ shape }], attributes }) => {
    return reducedShape(shape, axesOf(attributes, shape.length), flagOf(attributes, 'keepdims'));
  },
  reference({ inputs: [{ shape }], attributes }, [x]) {
    return reduce(x, shape, axesOf(attributes, shape.length), reduction);
  },
  train({ attributes, inputs: [x], outputShape }) {
    const axes = axesOf(attributes, x.rank - 1).map((axis) => axis + 1);
    return tf.reshape(reduction.train(x, axes), [x.shape[0], ...outputShape]);
  },
}));

/** At least one axis, each once; in any order. */
function axesOf(attributes: Attributes, rank: number): number[] {
  const axes = wholesOf(attributes, 'axes', undefined, 0);
  if (axes.length > 0 && new Set(axes).size === axes.length && axes.every((axis) => axis < rank)) return axes;
  throw new RangeError(`axes: expected some of the input's ${rank} axes, each once, got [${axes}]`);
}

function reducedShape(shape: readonly number[], axes: readonly number[], keepdims: boolean): number[] {
  if (keepdims) return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return shape.filter((_, axis) => !axes.includes(axis));
}

function reduce(
  x: Values,
  shape: number[],
  axes: number[],
  { start, fold, finish }: Reduction,
): Float32Array {
  const [kept, reduced] = splitPositions(shape, axes);
  return Float32Array.from(kept, (from) => {
    let result = start;
    for (const at of reduced) result = fold(result, x[from + at]);
    return finish ? finish(result, reduced.length) : result;
  });
}

/** Positions of the elements along the other axes, and along `axes`: each element of x is at a sum of both. */
function splitPositions(shape: number[], axes: readonly number[]): [Int32Array, Int32Array] {
  const strides = rowStrides(shape);
  const [kept, reduced] = [false, true].map((inside) => {
    const own = shape.map((_, axis) => axis).filter((axis) => axes.includes(axis) === inside);
    const dims = own.map((axis) => shape[axis]);
    return positionsOf({ dims, strides: own.map((axis) => strides[axis]), offset: 0 });
  });
  return [kept, reduced];
}

/** The index along `axis` of the greatest or least value, the first of equals, as a whole f32. */
export const argReductions: OpSpec[] = [
  argReduction('argmax', (a, b) => a > b, tf.argMax),
  argReduction('argmin', (a, b) => a < b, tf.argMin),
];

function argReduction(
  name: string,
  beats: (a: number, b: number) => boolean,
  train: (x: tf.Tensor, axis: number) => tf.Tensor,
): OpSpec {
  return {
    name,
    attributes: { axis: undefined, keepdims: 0 },
    inputs: 1,
    dtypes: F32,
    weights: NO_WEIGHTS,
    prunable: [],
    inferShape({ inputs: [{ shape }], attributes }) {
      return reducedShape(shape, [axisOf(attributes, shape.length)], flagOf(attributes, 'keepdims'));
    },
    reference({ inputs: [{ shape }], attributes }, [x]) {
      const axis = axisOf(attributes, shape.length);
      const stride = elements(shape.slice(axis + 1));
      const [kept] = splitPositions(shape, [axis]);
      return Float32Array.from(kept, (from) => {
        let best = 0;
        for (let i = 1; i < shape[axis]; i++) {
          if (beats(x[from + i * stride], x[from + best * stride])) best = i;
        }
        return best;
      });
    },
    train({ attributes, inputs: [x], outputShape }) {
      const axis = axisOf(attributes, x.rank - 1) + 1;
      return constantGradient((input) => tf.reshape(train(input, axis), [x.shape[0], ...outputShape]), x);
    },
  };
}
