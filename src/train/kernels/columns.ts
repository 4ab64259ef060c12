import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Scratch } from './scratch.js';
import { addressOf, memoryOf, simd } from './simd.js';

/** Sums over the rows of matrices, one a column. */
export interface ColumnSums {
  /** `sum_r a[r,c]` */
  sums: Float64Array;
  /** `sum_r a[r,c] * b[r,c]` */
  products: Float64Array;
}

/** Column sums of `a` and of `a * b`, in double precision. Valid until the next allocation. */
export function columnSums(
  scratch: Scratch,
  a: TensorInfo,
  b: TensorInfo,
  rows: number,
  columns: number,
): ColumnSums {
  const { backend } = scratch;
  // A float64 is two float32 wide, and there are two results.
  const memory = scratch.zeros([4 * columns]);
  const address = addressOf(backend, memory);
  const products = address + 8 * columns;
  simd(backend).f32_column_sums(
    rows,
    columns,
    addressOf(backend, a),
    addressOf(backend, b),
    address,
    products,
  );
  const { buffer } = memoryOf(backend);
  return {
    sums: new Float64Array(buffer, address, columns),
    products: new Float64Array(buffer, products, columns),
  };
}
