import { blockGrid, forEachElement, type BlockGrid } from './blocks.js';
import type { Criterion } from './criteria.js';

/** A kernel's values in the graph's layout. */
export interface Kernel {
  shape: readonly number[];
  values: Float32Array;
}

/** Score of each block: the mean of its elements' scores. */
export function blockScores(kernel: Kernel, grid: BlockGrid, criterion: Criterion): Float64Array {
  const scores = new Float64Array(grid.count);
  const sizes = new Uint32Array(grid.count);
  forEachElement(grid, (element, block) => {
    scores[block] += criterion.score(kernel.values[element]);
    sizes[block]++;
  });
  for (let block = 0; block < grid.count; block++) scores[block] /= sizes[block];
  criterion.normalize?.(scores);
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

/** How many of `blocks` blocks stay at a sparsity. */
export function keptBlocks(blocks: number, sparsity: number): number {
  return Math.round((1 - sparsity) * blocks);
}

/** A mark for each block becomes one for each element. */
export function elementMask(grid: BlockGrid, keep: Uint8Array): Uint8Array {
  const mask = new Uint8Array(grid.outputs * grid.taps * grid.inputs);
  forEachElement(grid, (element, block) => (mask[element] = keep[block]));
  return mask;
}

/** Masks for one cut: `sparsities` has one number for all kernels together, or one for each. */
export function cutMasks(
  kernels: readonly Kernel[],
  block: readonly [number, number],
  criterion: Criterion,
  sparsities: number | readonly number[],
): Uint8Array[] {
  const grids = kernels.map((kernel) => blockGrid(kernel.shape, block));
  const scores = kernels.map((kernel, i) => blockScores(kernel, grids[i], criterion));
  const keep =
    typeof sparsities === 'number'
      ? keepLargest(scores, keptBlocks(total(grids), sparsities))
      : scores.map((array, i) => keepLargest([array], keptBlocks(array.length, sparsities[i]))[0]);
  return keep.map((marks, i) => elementMask(grids[i], marks));
}

function total(grids: readonly BlockGrid[]): number {
  return grids.reduce((sum, grid) => sum + grid.count, 0);
}
