/** Where the elements of a result lie in an operator's input: moves, broadcasting, padding. */
import { elements } from '../graph/graph.js';
import type { Values } from './op.js';

/** Output element (i_0, ..), row-major over `dims`, is `x[offset + sum i_k * strides_k]`. */
export interface View {
  dims: number[];
  strides: number[];
  offset: number;
}

/** Elements from one index of an axis to the next, row-major. */
export function rowStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elements(shape.slice(axis + 1)));
}

/** The position in x of each element of the view. */
export function positionsOf({ dims, strides, offset }: View): Int32Array {
  return dims.reduce<Int32Array>((positions, dim, axis) => {
    const next = new Int32Array(positions.length * dim);
    let at = 0;
    for (const first of positions) {
      for (let i = 0; i < dim; i++) next[at++] = first + i * strides[axis];
    }
    return next;
  }, Int32Array.of(offset));
}

/** `y[i] = x[positions[i]]`, `outside` where that is -1. */
export function pick(x: Values, positions: Int32Array, outside = 0): Values {
  const y = x instanceof Int8Array ? new Int8Array(positions.length) : new Float32Array(positions.length);
  for (let i = 0; i < y.length; i++) y[i] = positions[i] < 0 ? outside : x[positions[i]];
  return y;
}

/** The same view over as few dimensions as can be: those of 1 dropped, neighbours that follow one another merged. */
export function mergedView({ dims, strides, offset }: View): View {
  const merged: View = { dims: [], strides: [], offset };
  dims.forEach((dim, axis) => {
    if (dim === 1) return;
    const last = merged.dims.length - 1;
    if (last >= 0 && merged.strides[last] === dim * strides[axis]) {
      merged.dims[last] *= dim;
      merged.strides[last] = strides[axis];
    } else {
      merged.dims.push(dim);
      merged.strides.push(strides[axis]);
    }
  });
  return merged;
}
