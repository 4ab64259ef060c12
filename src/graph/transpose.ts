import { elements } from './graph.js';

/** The row-major values of `shape` with its axes in the order of `permutation`, as numpy's `transpose`. */
export function transposed<T extends Float32Array | Int8Array | Int32Array | Uint8Array>(
  data: T,
  shape: readonly number[],
  permutation: readonly number[],
): T {
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const out = data.slice() as T;
  let at = 0;
  const copy = (level: number, from: number): void => {
    if (level === permutation.length) {
      out[at++] = data[from];
      return;
    }
    const axis = permutation[level];
    for (let i = 0; i < shape[axis]; i++) copy(level + 1, from + i * strides[axis]);
  };
  copy(0, 0);
  return out;
}
