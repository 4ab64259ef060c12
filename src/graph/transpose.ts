import { elements } from './graph.js';

type Numbers = Float32Array | Int8Array | Int32Array | Uint8Array;

/** An axis of the result: its length, and how far apart its elements are in the source and in the result. */
interface Axis {
  length: number;
  from: number;
  to: number;
}

/** Edge of the square that is copied at once: 32 x 32 floats and their images are 8 KB, a quarter of an L1 cache. */
const BLOCK = 32;

/** The row-major values of `shape` with its axes in the order of `permutation`, as numpy's `transpose`. */
export function transposed<T extends Numbers>(
  data: T,
  shape: readonly number[],
  permutation: readonly number[],
): T {
  const out = data.slice() as T;
  const axes = axesOf(...merged(shape, permutation));
  const last = axes.pop();
  if (!last || last.from === 1) copyRuns(data, out, axes, last?.length ?? 1);
  else {
    const [fast] = axes.splice(
      axes.findIndex(({ from }) => from === 1),
      1,
    );
    eachOffset(axes, 0, 0, 0, (from, to) => copySquares(data, out, from, to, fast, last));
  }
  return out;
}

/** Axes of one element left out, neighbours that stay neighbours made one: a kernel's HWIO -> OHWI becomes a matrix. */
function merged(
  shape: readonly number[],
  permutation: readonly number[],
): [shape: number[], permutation: number[]] {
  const order = permutation.filter((axis) => shape[axis] !== 1);
  const kept = order.toSorted((a, b) => a - b);
  const groups: number[][] = [];
  for (const axis of order) {
    const group = groups.at(-1);
    const follows = group && kept.indexOf(axis) === kept.indexOf(group.at(-1)!) + 1;
    if (follows) group.push(axis);
    else groups.push([axis]);
  }
  const sorted = groups.toSorted((a, b) => a[0] - b[0]);
  return [
    sorted.map((group) => elements(group.map((axis) => shape[axis]))),
    groups.map((group) => sorted.indexOf(group)),
  ];
}

function axesOf(shape: readonly number[], permutation: readonly number[]): Axis[] {
  return permutation.map((axis, i) => ({
    length: shape[axis],
    from: elements(shape.slice(axis + 1)),
    to: elements(permutation.slice(i + 1).map((later) => shape[later])),
  }));
}

function copyRuns(data: Numbers, out: Numbers, axes: Axis[], length: number): void {
  eachOffset(axes, 0, 0, 0, (from, to) => {
    for (let i = 0; i < length; i++) out[to + i] = data[from + i];
  });
}

/** `fast` is the source's last axis, `last` the result's. */
function copySquares(data: Numbers, out: Numbers, from: number, to: number, fast: Axis, last: Axis): void {
  for (let row = 0; row < fast.length; row += BLOCK) {
    const rows = Math.min(row + BLOCK, fast.length);
    for (let column = 0; column < last.length; column += BLOCK) {
      const columns = Math.min(column + BLOCK, last.length);
      for (let j = row; j < rows; j++) {
        for (let i = column; i < columns; i++) out[to + j * fast.to + i] = data[from + j + i * last.from];
      }
    }
  }
}

function eachOffset(
  axes: readonly Axis[],
  level: number,
  from: number,
  to: number,
  visit: (from: number, to: number) => void,
): void {
  if (level === axes.length) return visit(from, to);
  const axis = axes[level];
  for (let i = 0; i < axis.length; i++)
    eachOffset(axes, level + 1, from + i * axis.from, to + i * axis.to, visit);
}
