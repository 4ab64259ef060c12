import type { BlockGrid } from './blocks.js';
import { criteria, normalizeLamp, type Criterion, type Scored } from './criteria.js';
import { keepInRuns, keepLargest, keepPattern, keptBlocks, blockScores } from './mask.js';
import { elementMask, unitGrid, withBlock, type Granularity } from './units.js';

/** How far a cut goes. */
export interface Cut {
  /** Fraction of units that are gone after it: of each kernel, or of all together. */
  sparsity: number | readonly number[];
  /** Whether each row of units is cut by itself. */
  byOutput?: boolean;
  /** For N:M: how many of the m - n are gone after it, in [0, 1]. */
  progress?: number;
}

/** Masks in the graph's layout (1 keeps) of all kernels, for one cut. Units that are zero already go first. */
export function cutMasks(
  kernels: readonly Scored[],
  granularity: Granularity,
  criterion: Criterion,
  cut: Cut,
): Uint8Array[] {
  const grids = kernels.map((kernel) => gridOf(kernel, granularity));
  const scores = kernels.map((kernel, i) => blockScores(kernel, grids[i], criterion));
  return keptMarks(scores, grids, granularity, cut).map((marks, i) => elementMask(grids[i], marks));
}

function gridOf({ shape, block }: Scored, granularity: Granularity): BlockGrid {
  return unitGrid(shape, withBlock(granularity, block));
}

function keptMarks(
  scores: Float64Array[],
  grids: BlockGrid[],
  { pattern }: Granularity,
  { sparsity, byOutput, progress = 1 }: Cut,
): Uint8Array[] {
  if (pattern) return scores.map((array, i) => keepPattern(array, grids[i].inputs, pattern, progress));
  if (typeof sparsity === 'number') {
    const units = grids.reduce((sum, grid) => sum + grid.count, 0);
    return keepLargest(scores, keptBlocks(units, sparsity));
  }
  return scores.map((array, i) => {
    if (byOutput) return keepInRuns(array, rowLength(grids[i]), sparsity[i]);
    return keepLargest([array], keptBlocks(array.length, sparsity[i]))[0];
  });
}

/** Units of one row of outputs. */
function rowLength({ count, outputs, block }: BlockGrid): number {
  return count / Math.ceil(outputs / block[0]);
}

/** What fraction of units each kernel loses where all are cut together by LAMP: scope `lamp`. */
export function lampSparsities(
  kernels: readonly Scored[],
  granularity: Granularity,
  sparsity: number,
): number[] {
  const grids = kernels.map((kernel) => gridOf(kernel, granularity));
  const squares: Criterion = { ...criteria.l2, normalize: normalizeLamp };
  const scores = kernels.map((kernel, i) => blockScores(kernel, grids[i], squares));
  const units = scores.reduce((sum, array) => sum + array.length, 0);
  return keepLargest(scores, keptBlocks(units, sparsity)).map((marks) => {
    return 1 - marks.reduce((sum, mark) => sum + mark, 0) / marks.length;
  });
}
