import type { Random } from './random.js';

/** Second moments of more samples than columns, damped: symmetric positive definite, `[n, n]`. */
export function randomHessian(n: number, r: Random): Float64Array {
  const x = Array.from({ length: 2 * n }, () => Array.from({ length: n }, () => r.normal() + 0.5));
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return x.reduce((sum, row) => sum + (row[i] * row[j]) / x.length, 0) + (i === j ? 0.01 : 0);
  });
}

export function randomVector(n: number, r: Random): Float64Array {
  return Float64Array.from({ length: n }, () => r.normal());
}

export function times(matrix: Float64Array, v: Float64Array): Float64Array {
  return v.map((_, i) => v.reduce((sum, value, j) => sum + matrix[i * v.length + j] * value, 0));
}

export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
