/** What flows between the nodes of a foreign graph while it is imported: constants known now, and tensors of the graph to be. */
import { elements, type Quantization } from '../graph/index.js';
import { ImportError } from './errors.js';

/** Integers of 64 bits stand in doubles. */
export type ConstantData = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

/** A foreign tensor; exactly one of `constant` and `tensor` is there. */
export interface Value {
  /** In the foreign model: the batch is counted. */
  shape: number[];
  /** Row-major. */
  constant?: ConstantData;
  /** Name of the graph's tensor. Its shape lacks the first axis where that is 1. */
  tensor?: string;
  /** Of an int8 tensor. */
  quantization?: Quantization;
}

/** A weight of a node, in the graph's layout. */
export interface ForeignWeightData {
  shape: number[];
  data: ConstantData;
}

/** Axes, sizes, places: more are no setting of an operator. */
const MOST_NUMBERS = 2 ** 20;

/** The whole numbers that a constant holds; ImportError, with `what`, for a tensor known only at run time, for fractions, or for too many. */
export function wholeNumbers({ constant }: Value, what: string): number[] {
  if (!constant)
    throw new ImportError('shape', `${what}: expected a constant, got a tensor known only at run time`);
  if (constant.length > MOST_NUMBERS) {
    const most = `at most ${MOST_NUMBERS} numbers`;
    throw new ImportError('value', `${what}: expected ${most}, got ${constant.length}`);
  }
  const bad = constant.find((value) => !Number.isInteger(value));
  if (bad !== undefined) throw new ImportError('value', `${what}: expected whole numbers, got ${bad}`);
  return Array.from(constant);
}

/** The only number of a constant. */
export function scalarOf(value: Value, what: string): number {
  if (!value.constant || value.constant.length !== 1) {
    const got = value.constant ? `${value.constant.length} numbers` : 'a tensor known only at run time';
    throw new ImportError('shape', `${what}: expected one number, got ${got}`);
  }
  return value.constant[0];
}

/** A foreign axis, which may count from the end, as 0..rank-1. */
export function axisOf(axis: number, rank: number, what: string): number {
  const at = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(at) && at >= 0 && at < rank) return at;
  throw new ImportError('shape', `${what}: expected an axis in ${-rank}..${rank - 1}, got ${axis}`);
}

/** Numpy's rule: aligned at the last axis, 1 stretches. */
export function broadcastShape(a: readonly number[], b: readonly number[], what: string): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (m === n || n === 1) return m;
    if (m === 1) return n;
    throw new ImportError('shape', `${what}: expected shapes that broadcast, got [${a}] and [${b}]`);
  });
}

/** A shape with one -1, or with 0 where a dimension is kept, for as many elements as `from` has. */
export function completeShape(
  target: readonly number[],
  from: readonly number[],
  what: string,
  zeroKeeps = false,
): number[] {
  const kept = target.map((dim, axis) => (dim === 0 && zeroKeeps ? (from[axis] ?? 0) : dim));
  const rest = elements(from) / elements(kept.filter((dim) => dim !== -1));
  const shape = kept.map((dim) => (dim === -1 ? rest : dim));
  if (shape.every((dim) => Number.isInteger(dim) && dim >= 1) && elements(shape) === elements(from))
    return shape;
  throw new ImportError(
    'shape',
    `${what}: expected a shape of ${elements(from)} elements as [${from}] has, got [${target}]`,
  );
}

/** Full shape -> the graph's, which has no batch. */
export function graphShape(shape: readonly number[]): number[] {
  return shape[0] === 1 ? shape.slice(1) : shape.slice();
}
