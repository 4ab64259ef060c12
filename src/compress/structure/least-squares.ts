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
  const outputs = r.length;
  const a = xx.map((sum, at) => (hasBias ? sum - (x[Math.floor(at / n)] * x[at % n]) / count : sum));
  const b = xr.map((sum, at) =>
    hasBias ? sum - (x[Math.floor(at / outputs)] * r[at % outputs]) / count : sum,
  );
  const mean = diagonalMean(a, n);
  for (let i = 0; i < n; i++) a[i * n + i] += ridge * mean || Number.MIN_VALUE;
  solve(a, b, n);
  const kernel = Float64Array.from(
    { length: outputs * n },
    (_, at) => b[(at % n) * outputs + Math.floor(at / n)],
  );
  const bias = Float64Array.from(r, (sum, o) => {
    let of = sum;
    for (let i = 0; i < n; i++) of -= kernel[o * n + i] * x[i];
    return hasBias ? of / count : 0;
  });
  return { kernel, bias };
}

function diagonalMean(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i];
  return sum / n;
}

/** `a` [n, n], symmetric and positive, becomes its Cholesky factor, `b` [n, columns] the solution of `a y = b`. */
export function solve(a: Float64Array, b: Float64Array, n: number): void {
  const columns = b.length / n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      // A column that the others make up has no pivot left but rounding: it takes no part.
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 0)) || Infinity : sum / a[j * n + j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtractRow(b, columns, i, k, a[i * n + k]);
    divideRow(b, columns, i, a[i * n + i]);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtractRow(b, columns, i, k, a[k * n + i]);
    divideRow(b, columns, i, a[i * n + i]);
  }
}

function subtractRow(b: Float64Array, columns: number, to: number, from: number, factor: number): void {
  if (factor === 0) return;
  for (let c = 0; c < columns; c++) b[to * columns + c] -= factor * b[from * columns + c];
}

function divideRow(b: Float64Array, columns: number, row: number, by: number): void {
  for (let c = 0; c < columns; c++) b[row * columns + c] /= by;
}
