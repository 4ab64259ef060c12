import { forEachElement, type BlockGrid } from './blocks.js';
import type { Criterion, Scored } from './criteria.js';

/** Below every score: of units that are pruned already, which never come back. */
const GONE = -Infinity;

/** Score of each unit: its elements' scores pooled as the criterion says; lowest where all of it is zero already. */
export function blockScores(kernel: Scored, grid: BlockGrid, criterion: Criterion): Float64Array {
  const each = criterion.score(kernel);
  const scores = criterion.pool === 'max' ? largest(each, grid) : means(each, grid);
  criterion.normalize?.(scores);
  const alive = new Uint8Array(grid.count);
  forEachElement(grid, (element, unit) => {
    if (kernel.values[element] !== 0) alive[unit] = 1;
  });
  for (let unit = 0; unit < scores.length; unit++) if (alive[unit] === 0) scores[unit] = GONE;
  return scores;
}

function means(each: Float64Array, grid: BlockGrid): Float64Array {
  const scores = new Float64Array(grid.count);
  const sizes = new Uint32Array(grid.count);
  forEachElement(grid, (element, unit) => {
    scores[unit] += each[element];
    sizes[unit]++;
  });
  for (let unit = 0; unit < grid.count; unit++) scores[unit] /= sizes[unit];
  return scores;
}

function largest(each: Float64Array, grid: BlockGrid): Float64Array {
  const scores = new Float64Array(grid.count).fill(GONE);
  forEachElement(grid, (element, unit) => (scores[unit] = Math.max(scores[unit], each[element])));
  return scores;
}

/**
 * Marks exactly the `keep` largest of all scores, over several arrays; of equal ones the earlier, so that the same
 * scores always give the same marks.
 */
export function keepLargest(scores: readonly Float64Array[], keep: number): Uint8Array[] {
  const total = scores.reduce((sum, array) => sum + array.length, 0);
  const sorted = new Float64Array(total);
  let at = 0;
  for (const array of scores) {
    sorted.set(array, at);
    at += array.length;
  }
  sorted.sort();
  const threshold = keep > 0 ? sorted[total - keep] : Infinity;
  let equals = keep - (total - upperBound(sorted, threshold));
  return scores.map((array) =>
    Uint8Array.from(array, (score) => {
      if (score !== threshold) return score > threshold ? 1 : 0;
      return equals-- > 0 ? 1 : 0;
    }),
  );
}

/** Index of the first element of an ascending array that is greater than `value`. */
function upperBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of `units` units stay at a sparsity. */
export function keptBlocks(units: number, sparsity: number): number {
  return Math.round((1 - sparsity) * units);
}

/** As `keepLargest`, in each run of `length` scores by itself; the cuts of all runs together are as exact as one cut. */
export function keepInRuns(scores: Float64Array, length: number, sparsity: number): Uint8Array {
  const marks = new Uint8Array(scores.length);
  let kept = 0;
  for (let at = 0; at < scores.length; at += length) {
    const run = scores.subarray(at, Math.min(at + length, scores.length));
    const keep = Math.min(run.length, keptBlocks(at + run.length, sparsity) - kept);
    marks.set(keepLargest([run], keep)[0], at);
    kept += keep;
  }
  return marks;
}

/**
 * N:M: of each `m` neighbouring inputs of a row of `inputs` scores the `n` largest stay, of a shorter rest at most `n` too.
 *
 * @param progress in [0, 1], how many of the m - n are gone already
 */
export function keepPattern(
  scores: Float64Array,
  inputs: number,
  [n, m]: readonly [number, number],
  progress: number,
): Uint8Array {
  const marks = new Uint8Array(scores.length);
  const keep = m - Math.round((m - n) * progress);
  for (let row = 0; row < scores.length; row += inputs)
    for (let at = row; at < row + inputs; at += m) {
      const group = scores.subarray(at, Math.min(at + m, row + inputs));
      marks.set(keepLargest([group], Math.min(keep, group.length))[0], at);
    }
  return marks;
}
