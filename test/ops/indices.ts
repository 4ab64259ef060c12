/** Naive index arithmetic, for comparison. */
import { elements } from '../../src/graph/index.js';

/** Row-major position -> index of each axis. */
export function indicesOf(position: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** Index of each axis -> row-major position. */
export function positionOf(index: readonly number[], shape: readonly number[]): number {
  return shape.reduce((at, dim, axis) => at * dim + index[axis], 0);
}

/** `y[index] = f(index)` over `shape`. */
export function fill(shape: readonly number[], f: (index: number[]) => number): number[] {
  return Array.from({ length: elements(shape) }, (_, position) => f(indicesOf(position, shape)));
}
