import { keepLargest, keptBlocks } from '../prune/index.js';
import type { Units } from './exact-obs.js';
import { cholesky } from './linear-algebra.js';

/** Columns whose masks are chosen together, from weights that have taken up all before them. */
const COLUMNS = 128;

/** Weights that are pruned, `[outputs, taps]`, in place, with an inverse Hessian that all rows share. */
export interface GptProblem {
  weights: Float64Array;
  inverse: Float64Array;
  taps: number;
  /** Of a row of blocks, `height` outputs high. */
  units: Units;
  height: number;
  /** Scores of an output's weights are multiplied with its; absent: 1. */
  sensitivity?: Float64Array;
}

/**
 * SparseGPT (Frantar and Alistarh 2023, algorithm 1): goes through the columns once, in order, for all rows. With `H^-1 = U' U`, U upper
 * triangular, row i of U is what [H^-1] of the columns from i on says: a weight that goes costs `w^2 / U_ii^2`, and the columns
 * after it take up `w / U_ii U_i:`. Masks are chosen for some columns at a time, where their turn comes; with N:M for each pattern.
 * Costs about `outputs taps^2 / 2` products, against `outputs taps^3 / 6` of ExactOBS.
 * @param sparsity fraction of units that go; with patterns they say it
 * @param columns chosen together
 * @returns the mask of elements, 1 where kept; what the mask prunes is 0 in `weights`
 */
export function sparseGpt(problem: GptProblem, sparsity: number, columns = COLUMNS): Uint8Array {
  const { weights, taps, units, height } = problem;
  const upper = upperOf(problem.inverse, taps);
  const mask = new Uint8Array(weights.length).fill(1);
  const rowsOfUnits = Math.ceil(weights.length / taps / height);
  let [done, kept] = [0, 0];
  for (const [from, to] of runsOf(units, columns)) {
    const scores = scoresOf(problem, upper, from, to, rowsOfUnits);
    done += scores.length;
    const marks = units.patterns
      ? patternMarks(scores, to - from, units.patterns.keep)
      : keepLargest([scores], Math.max(0, keptBlocks(done, sparsity) - kept))[0];
    marks.forEach((mark, at) => {
      kept += mark;
      const row = Math.floor(at / (to - from)) * height;
      const last = Math.min(row + height, weights.length / taps);
      for (let o = row; mark === 0 && o < last; o++)
        for (const k of units.columns[from + (at % (to - from))]) mask[o * taps + k] = 0;
    });
    const [first, end] = [units.columns[from][0], units.columns[to - 1].at(-1)! + 1];
    for (let start = 0; start < weights.length; start += taps)
      prune(weights.subarray(start, start + taps), mask.subarray(start, start + taps), upper, first, end);
  }
  return mask;
}

/** U of `H^-1 = U' U`. */
function upperOf(inverse: Float64Array, n: number): Float64Array {
  const lower = cholesky(inverse.slice(), n);
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) upper[j * n + i] = lower[i * n + j];
  return upper;
}

/** Units [from, to) whose masks are chosen together: whole patterns. */
function* runsOf({ columns, patterns }: Units, most: number): Generator<[number, number]> {
  for (let from = 0, to = 0; from < columns.length; from = to) {
    const isLast = (unit: number): boolean =>
      patterns ? patterns.of[unit] !== patterns.of[from] : columns[unit].at(-1)! - columns[from][0] >= most;
    for (to = from + 1; to < columns.length && !isLast(to);) to++;
    yield [from, to];
  }
}

/** Mean of `w^2 / U_kk^2` over each unit's weights, `[rows of units, to - from]`. */
function scoresOf(
  { weights, taps, units, height, sensitivity }: GptProblem,
  upper: Float64Array,
  from: number,
  to: number,
  rowsOfUnits: number,
): Float64Array {
  const scores = new Float64Array(rowsOfUnits * (to - from));
  const outputs = weights.length / taps;
  for (let row = 0, at = 0; row < rowsOfUnits; row++) {
    const last = Math.min((row + 1) * height, outputs);
    for (let unit = from; unit < to; unit++, at++) {
      let sum = 0;
      for (let o = row * height; o < last; o++)
        for (const k of units.columns[unit])
          sum += (sensitivity?.[o] ?? 1) * (weights[o * taps + k] / upper[k * (taps + 1)]) ** 2;
      scores[at] = sum / ((last - row * height) * units.columns[unit].length);
    }
  }
  return scores;
}

/** Of each row's pattern the best `keep` stay. */
function patternMarks(scores: Float64Array, width: number, keep: number): Uint8Array {
  const marks = new Uint8Array(scores.length);
  for (let at = 0; at < scores.length; at += width)
    marks.set(keepLargest([scores.subarray(at, at + width)], Math.min(keep, width))[0], at);
  return marks;
}

/** Takes the columns [first, end) that the mask prunes out of one row. */
function prune(row: Float64Array, mask: Uint8Array, upper: Float64Array, first: number, end: number): void {
  const taps = row.length;
  for (let k = first; k < end; k++) {
    if (mask[k] === 1) continue;
    const start = k * taps;
    const error = row[k] / upper[start + k];
    for (let j = k + 1; j < taps; j++) row[j] -= error * upper[start + j];
    row[k] = 0;
  }
}
