import * as tf from '@tensorflow/tfjs-core';
import { elements, type Attribute, type Tensor } from '../graph/graph.js';
import { flagOf } from './attributes.js';
import { alignBatches, alignRanks, broadcastShape, broadcastView, stretchTensor } from './broadcast.js';
import type { ChannelAxis } from './channels.js';
import type { OpSpec, Values } from './op.js';
import { positionsOf } from './positions.js';
import { F32, NO_WEIGHTS } from './spec.js';

/** An axis counted from the end. */
function fromEnd(of: Tensor, axis: number): ChannelAxis {
  return { of, axis: of.shape.length + axis };
}

/** `y[..,m,n] = sum_k a[..,m,k] * b[..,k,n]`, leading axes as numpy broadcasts them. */
export const matmul: OpSpec = {
  name: 'matmul',
  attributes: { transpose_a: 0, transpose_b: 0 },
  inputs: 2,
  dtypes: F32,
  weights: NO_WEIGHTS,
  /** Rows, columns, and what is summed over; a matrix is an axis each from the end. */
  channels: {
    sets({ inputs: [a, b], outputs: [y], attributes }) {
      const [m, ka] = attributes.transpose_a === 1 ? [-1, -2] : [-2, -1];
      const [kb, n] = attributes.transpose_b === 1 ? [-1, -2] : [-2, -1];
      return [
        [fromEnd(a, ka), fromEnd(b, kb)],
        [fromEnd(a, m), fromEnd(y, -2)],
        [fromEnd(b, n), fromEnd(y, -1)],
      ];
    },
  },
  prunable: [],
  inferShape({ inputs: [a, b], attributes }) {
    const [m, k] = matrixOf(a.shape, flagOf(attributes, 'transpose_a'));
    const [l, n] = matrixOf(b.shape, flagOf(attributes, 'transpose_b'));
    if (k !== l) {
      throw new RangeError(`inputs: expected matrices that fit, got [${a.shape}] and [${b.shape}]`);
    }
    return [...broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
  },
  reference({ inputs: [a, b], outputs: [{ shape }], attributes }, [x, w]) {
    const leading = shape.slice(0, -2);
    const [m, k] = matrixOf(a.shape, attributes.transpose_a === 1);
    const [n] = shape.slice(-1);
    const starts = [a, b].map((input) => positionsOf(broadcastView(input.shape.slice(0, -2), leading)));
    const y = new Float32Array(elements(shape));
    for (let i = 0; i < starts[0].length; i++) {
      const left = matrixAt(x, starts[0][i], m, k, attributes.transpose_a);
      const right = matrixAt(w, starts[1][i], k, n, attributes.transpose_b);
      multiply(left, right, y.subarray(i * m * n, (i + 1) * m * n), m, k, n);
    }
    return y;
  },
  train({ attributes, inputs, outputShape }) {
    const [a, b] = alignBatches(alignRanks(inputs)).map((x) => {
      // tfjs' gradient (4.22) knows no broadcasting.
      return stretchTensor(x, [x.shape[0], ...outputShape.slice(0, -2), ...x.shape.slice(-2)]);
    });
    return tf.matMul(a, b, attributes.transpose_a === 1, attributes.transpose_b === 1);
  },
};

/** [rows, columns] of the matrices that an input holds, as they are multiplied. */
function matrixOf(shape: readonly number[], transposed: boolean): [number, number] {
  if (shape.length < 2) throw new RangeError(`inputs: expected at least two dimensions, got [${shape}]`);
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/** A matrix inside an array: element (r, c) is `data[start + r * row + c * column]`. */
interface Matrix {
  data: Values;
  start: number;
  row: number;
  column: number;
}

function matrixAt(data: Values, index: number, rows: number, columns: number, transposed: Attribute): Matrix {
  const start = index * rows * columns;
  return transposed === 1 ? { data, start, row: 1, column: rows } : { data, start, row: columns, column: 1 };
}

/** `y[m,n] = sum_k a[m,k] * b[k,n]`, each sum in double and rounded once. */
function multiply(a: Matrix, b: Matrix, y: Values, m: number, k: number, n: number): void {
  for (let i = 0, at = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let p = a.start + i * a.row;
      let q = b.start + j * b.column;
      for (let c = 0; c < k; c++, p += a.column, q += b.row) sum += a.data[p] * b.data[q];
      y[at++] = sum;
    }
  }
}
