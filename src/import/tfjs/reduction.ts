/** Reductions. */
import { axisOf, type Value } from '../values.js';
import type { Call, Converter, Converters } from './call.js';

/** Over rows and columns of one image: what the graph has an operator of its own for. */
const GLOBAL: Record<string, string> = {
  reduce_max: 'global_max_pool2d',
  reduce_mean: 'global_avg_pool2d',
};

function reduction(op: string): Converter {
  return (call) => reduce(call, call.name, op, call.value('x'));
}

function reduce(call: Call, name: string, op: string, x: Value): Value {
  const rank = x.shape.length;
  const axes = call.has('axis') ? call.integers('axis').map((axis) => axisOf(axis, rank, 'axis')) : [];
  if (call.has('axis') && axes.length === 0) return x;
  const keepDims = call.flag('keepDims');
  if (isGlobal(x, axes) && Object.hasOwn(GLOBAL, op) && !x.constant) {
    const shape = keepDims ? [1, 1, 1, x.shape[3]] : [1, x.shape[3]];
    return call.builder.op(name, GLOBAL[op], [x], {}, {}, shape);
  }
  return call.builder.reduce(name, op, x, axes, keepDims);
}

function isGlobal({ shape }: Value, axes: readonly number[]): boolean {
  return shape.length === 4 && shape[0] === 1 && `${[...axes].sort()}` === '1,2';
}

/** The length of a vector. */
function euclideanNorm(call: Call): Value {
  const { name, builder } = call;
  const squares = builder.op(`${name}/square`, 'square', [call.value('x')]);
  return builder.op(name, 'sqrt', [reduce(call, `${name}/sum`, 'reduce_sum', squares)]);
}

function argReduction(op: string): Converter {
  return (call) => {
    const axis = call.has('axis') ? call.integer('axis') : 0;
    return call.builder.argReduce(call.name, op, call.value('x'), axis, false);
  };
}

export const reductions: Converters = {
  All: reduction('reduce_min'),
  Any: reduction('reduce_max'),
  ArgMax: argReduction('argmax'),
  ArgMin: argReduction('argmin'),
  EuclideanNorm: euclideanNorm,
  Max: reduction('reduce_max'),
  Mean: reduction('reduce_mean'),
  Min: reduction('reduce_min'),
  Prod: reduction('reduce_prod'),
  Sum: reduction('reduce_sum'),
};
