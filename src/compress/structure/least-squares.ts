import { cholesky, solveCholesky } from '../one-shot/linear-algebra.js';

/** Cross moments of what a layer reads and of what its outputs lack, summed over pixels. */
export interface Moments {
  /** `sum x x^T`, [n, n] row-major. */
  xx: Float64Array;
  /** `sum x r^T`, [n, outputs]. */
  xr: Float64Array;
  /** `sum x`. */
  x: Float64Array;
  /** `sum r`. */
  r: Float64Array;
  count: number;
}

/** Change of kernel [outputs, n] and bias that makes `sum |r - (dW x + db)|^2 + ridge |dW|^2` least. */
export interface Change {
  kernel: Float64Array;
  bias: Float64Array;
}

/**
 * Least squares by the normal equations, about the means where there is a bias. `ridge` is by the mean of `xx`'s diagonal: it
 * holds the kernel where the samples say nothing.
 */
export function leastSquares({ xx, xr, x, r, count }: Moments, ridge: number, hasBias: boolean): Change {
  const n = x.length;
  const about = hasBias ? 1 / count : 0;
  const a = xx.map((sum, at) => sum - about * x[Math.floor(at / n)] * x[at % n]);
  const lower = cholesky(damped(a, n, ridge), n);
  const kernel = new Float64Array(r.length * n);
  const bias = Float64Array.from(r, (sum, o) => {
    const row = kernel.subarray(o * n, (o + 1) * n);
    for (let i = 0; i < n; i++) row[i] = xr[i * r.length + o] - about * x[i] * sum;
    solveCholesky(lower, n, row);
    return about * row.reduce((rest, w, i) => rest - w * x[i], sum);
  });
  return { kernel, bias };
}

/** With `ridge` times the mean of the diagonal added to it, in place; a matrix of zeros becomes the identity. */
export function damped(matrix: Float64Array, n: number, ridge: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += matrix[i * n + i];
  for (let i = 0; i < n; i++) matrix[i * n + i] += trace > 0 ? (ridge * trace) / n : 1;
  return matrix;
}
