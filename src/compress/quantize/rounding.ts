/** Sweeps over a row at most; most rows are done after three. */
const SWEEPS = 8;

/** One output's weights: `real` is about `scale * whole`. */
export interface Row {
  real: Float32Array;
  /** Changed in place. */
  whole: Int8Array;
  scale: number;
}

/**
 * Rounds weights up or down so that the error of their output is least: with `e = real - scale * whole` and the inputs' second
 * moments `C = E[x x']` it is `e' C e`, whose Hessian GPTQ (Frantar et al. 2022) and AdaRound (Nagel et al. 2020) use too. Coordinate descent from
 * `whole` on: no step is taken that does not lower it. Weights of 0 stay 0, none moves by a whole step of its real value.
 * @param moments `[taps, taps]`, symmetric
 * @param levels what a whole weight may be, ascending
 */
export function descend({ real, whole, scale }: Row, moments: Float64Array, levels: Int8Array): void {
  const taps = real.length;
  const places = new Map(Array.from(levels, (level, at) => [level, at]));
  const error = Float64Array.from(real, (w, k) => w - scale * whole[k]);
  const gradient = product(moments, error);
  for (let sweep = 0, moved = true; sweep < SWEEPS && moved; sweep++) {
    moved = false;
    for (let k = 0; k < taps; k++) {
      if (real[k] === 0 || error[k] === 0) continue;
      const next = levels[places.get(whole[k])! + (error[k] > 0 ? 1 : -1)];
      const change = scale * (next - whole[k]);
      const gain = change * (2 * gradient[k] - change * moments[k * taps + k]);
      if (!(gain > 0)) continue;
      whole[k] = next;
      error[k] -= change;
      for (let j = 0; j < taps; j++) gradient[j] -= change * moments[k * taps + j];
      moved = true;
    }
  }
}

/** All whole numbers of so many bits, symmetric about 0. */
export function wholeLevels(bits: number): Int8Array {
  const most = 2 ** (bits - 1) - 1;
  return Int8Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
}

function product(matrix: Float64Array, vector: Float64Array): Float64Array {
  return vector.map((_, row) => {
    let sum = 0;
    for (let k = 0; k < vector.length; k++) sum += matrix[row * vector.length + k] * vector[k];
    return sum;
  });
}
