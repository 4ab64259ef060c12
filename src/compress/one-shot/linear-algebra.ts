/** Symmetric positive definite matrices in double precision, `[n, n]` row-major. Inner loops run along rows. */

/**
 * The lower triangle L of `matrix = L L'` (Cholesky), in place; what stands above the diagonal stays.
 * @throws RangeError where the matrix is not positive definite
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (j < i) matrix[i * n + j] = sum / matrix[j * n + j];
      else if (sum > 0) matrix[i * n + i] = Math.sqrt(sum);
      else
        throw new RangeError(`matrix: expected positive definite, got pivot ${sum} at ${i}; raise damping`);
    }
  }
  return matrix;
}

/** Solves `L L' x = b` in place of `b`. */
export function solveCholesky(lower: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= lower[i * n + k] * b[k];
    b[i] = sum / lower[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const x = (b[i] /= lower[i * n + i]);
    for (let k = 0; k < i; k++) b[k] -= lower[i * n + k] * x;
  }
}

/** The inverse, both triangles filled; `matrix` stays as it is. */
export function inverseOf(matrix: Float64Array, n: number): Float64Array {
  const lower = inverseOfLower(cholesky(matrix.slice(), n), n);
  const inverse = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const factor = lower[k * n + i];
      for (let j = 0; j <= i; j++) inverse[i * n + j] += factor * lower[k * n + j];
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) inverse[j * n + i] = inverse[i * n + j];
  return inverse;
}

function inverseOfLower(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const pivot = 1 / lower[i * n + i];
    for (let k = 0; k < i; k++) {
      const factor = -lower[i * n + k] * pivot;
      for (let j = 0; j <= k; j++) inverse[i * n + j] += factor * inverse[k * n + j];
    }
    inverse[i * n + i] = pivot;
  }
  return inverse;
}
