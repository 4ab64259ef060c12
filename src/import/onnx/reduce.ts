/** Reductions over ONNX' axes, wherever these lie. */
import type { Call, Convert } from './call.js';
import { channelsLast, isNatural, naturalOrder, orderOf, reshape, type Operand } from './operand.js';
import { globalPool } from './pools.js';

/** Without transposing: the axes are counted as they lie. */
export function reduced(
  call: Call,
  op: string,
  x: Operand,
  axes: readonly number[],
  keepdims: boolean,
  name = call.name,
): Operand {
  const order = orderOf(x);
  const over = axes.map((axis) => order.indexOf(axis));
  const stored = call.builder.reduce(name, op, call.arrange(x, order), over, keepdims);
  return placed(stored, x, order, axes, keepdims);
}

/** The output of a reduction whose input lay in `order`. */
function placed(
  stored: Operand['stored'],
  x: Operand,
  order: readonly number[],
  axes: readonly number[],
  keepdims: boolean,
): Operand {
  const left = keepdims ? order : order.filter((axis) => !axes.includes(axis));
  const logical = left.slice().sort((a, b) => a - b);
  const shape = logical.map((axis) => stored.shape[left.indexOf(axis)]);
  return {
    shape,
    stored,
    sizes: stored.shape,
    axes: logical.map((axis) => [left.indexOf(axis)]),
    kind: x.kind,
  };
}

/** An attribute until opset 17 (ReduceSum: 12), an input since; none are all, or with `noop_with_empty_axes` none. */
function axesOf(call: Call, x: Operand): number[] {
  const rank = x.shape.length;
  const axes = call.listed('axes', 1) ?? [];
  if (axes.length > 0) return axes.map((axis) => call.axis(axis, rank));
  return call.int('noop_with_empty_axes', 0) === 1 ? [] : naturalOrder(rank);
}

const reduction =
  (op: string, before?: string, after?: string): Convert =>
  (call) => {
    const x = call.input(0);
    const axes = axesOf(call, x);
    const prepared = before ? call.unary(before, x, {}, x.kind, `${call.name}/${before}`) : x;
    const keepdims = call.int('keepdims', 1) === 1;
    const result = axes.length === 0 ? prepared : reducedOrPooled(call, op, prepared, axes, keepdims);
    return after ? call.unary(after, result, {}, x.kind, `${call.name}/${after}`) : result;
  };

/** Over an image's rows and columns a mean or maximum is a global pool, which knows int8. */
function reducedOrPooled(
  call: Call,
  op: string,
  x: Operand,
  axes: readonly number[],
  keepdims: boolean,
): Operand {
  const isImage = x.shape.length === 4 && `${orderOf(x)}` === `${channelsLast(4)}` && !isNatural(x);
  const overSides = axes.length === 2 && axes.includes(2) && axes.includes(3);
  const pool = { reduce_mean: 'global_avg_pool2d', reduce_max: 'global_max_pool2d' }[op];
  if (!pool || !isImage || !overSides || x.shape[0] !== 1) return reduced(call, op, x, axes, keepdims);
  const pooled = globalPool(call, pool, x);
  return keepdims ? pooled : reshape(call.builder, pooled, x.shape.slice(0, 2), call.name);
}

/** max + log(sum(exp(x - max))): the sum itself may be too large for f32. */
const logSumExp: Convert = (call) => {
  const x = call.input(0);
  const axes = axesOf(call, x);
  const step = (name: string): string => `${call.name}/${name}`;
  const highest = reduced(call, 'reduce_max', x, axes, true, step('max'));
  const shifted = call.elementwise('sub', [x, highest], {}, 'float', step('shifted'));
  const exp = call.unary('exp', shifted, {}, 'float', step('exp'));
  const sum = reduced(call, 'reduce_sum', exp, axes, true, step('sum'));
  const total = call.elementwise('add', [call.unary('log', sum, {}, 'float', step('log')), highest]);
  if (call.int('keepdims', 1) === 1) return total;
  return reshape(
    call.builder,
    total,
    x.shape.filter((_, axis) => !axes.includes(axis)),
    call.name,
  );
};

const argument =
  (op: string): Convert =>
  (call) => {
    const x = call.input(0);
    if (call.int('select_last_index', 0) === 1)
      throw call.fault('select_last_index: expected 0 (the first of equals), got 1');
    const axis = call.axis(call.int('axis', 0), x.shape.length);
    const keepdims = call.int('keepdims', 1) === 1;
    const order = orderOf(x);
    const stored = call.builder.argReduce(
      call.name,
      op,
      call.arrange(x, order),
      order.indexOf(axis),
      keepdims,
    );
    return { ...placed(stored, x, order, [axis], keepdims), kind: 'integer' };
  };

export const reductions: Record<string, Convert> = {
  ReduceMean: reduction('reduce_mean'),
  ReduceSum: reduction('reduce_sum'),
  ReduceMax: reduction('reduce_max'),
  ReduceMin: reduction('reduce_min'),
  ReduceProd: reduction('reduce_prod'),
  ReduceL1: reduction('reduce_sum', 'abs'),
  ReduceL2: reduction('reduce_sum', 'square', 'sqrt'),
  ReduceSumSquare: reduction('reduce_sum', 'square'),
  ReduceLogSum: reduction('reduce_sum', undefined, 'log'),
  ReduceLogSumExp: logSumExp,
  ArgMax: argument('argmax'),
  ArgMin: argument('argmin'),
};
