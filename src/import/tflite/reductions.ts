/** Operators over whole axes. */
import { axisOf, type Value } from '../values.js';
import type { Convert, OperatorCall } from './call.js';
import { REDUCER } from './schema.js';

function reduce(op: string): Convert {
  return (call) => {
    const { x, axes, keepDims } = reduction(call);
    return call.builder.reduce(call.name, op, x, axes, keepDims);
  };
}

/** Over rows and columns of an image it is a global pool, which int8 knows. */
const mean: Convert = (call) => {
  const { x, axes, keepDims } = reduction(call);
  if (x.shape.length !== 4 || x.shape[0] !== 1 || `${axes}` !== '1,2')
    return call.builder.reduce(call.name, 'reduce_mean', x, axes, keepDims);
  const y = call.builder.op(call.name, 'global_avg_pool2d', [x]);
  return keepDims ? call.builder.reshape(y, [1, 1, 1, x.shape[3]], `${call.name}/shape`) : y;
};

function reduction(call: OperatorCall): { x: Value; axes: number[]; keepDims: boolean } {
  const x = call.input(0);
  const axes = call.numbers(1, 'axis').map((axis) => axisOf(axis, x.shape.length, call.name));
  return { x, axes: axes.toSorted((a, b) => a - b), keepDims: call.bool(REDUCER.keepDims) };
}

function argReduce(op: string): Convert {
  return (call) => call.builder.argReduce(call.name, op, call.input(0), call.numbers(1, 'axis')[0], false);
}

export const REDUCTIONS: Record<string, Convert> = {
  MEAN: mean,
  SUM: reduce('reduce_sum'),
  REDUCE_MAX: reduce('reduce_max'),
  REDUCE_MIN: reduce('reduce_min'),
  REDUCE_PROD: reduce('reduce_prod'),
  // Truths are 1 and 0.
  REDUCE_ANY: reduce('reduce_max'),
  REDUCE_ALL: reduce('reduce_min'),
  ARG_MAX: argReduce('argmax'),
  ARG_MIN: argReduce('argmin'),
};
