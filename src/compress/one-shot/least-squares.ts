import { cholesky, solveCholesky } from './linear-algebra.js';

/**
 * The weights of one output that come nearest to what it should give, with those outside the mask 0:
 * `min_w w' H w - 2 g' w`, hence `w_M = (H_MM)^-1 g_M`. Where `g = H w0` it is what all OBS steps together lead to.
 * @param hessian `[taps, taps]`, damped
 * @param cross `E[y x]`, `[taps]`
 * @param mask 1 where kept
 */
export function solveMasked(hessian: Float64Array, cross: Float64Array, mask: Uint8Array): Float64Array {
  const taps = cross.length;
  const kept: number[] = [];
  for (let k = 0; k < taps; k++) if (mask[k] === 1) kept.push(k);
  const n = kept.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) matrix[i * n + j] = hessian[kept[i] * taps + kept[j]];
  const solution = Float64Array.from(kept, (k) => cross[k]);
  solveCholesky(cholesky(matrix, n), n, solution);
  const weights = new Float64Array(taps);
  kept.forEach((k, i) => (weights[k] = solution[i]));
  return weights;
}
