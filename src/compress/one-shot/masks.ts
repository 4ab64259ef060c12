import { elementMask, keepLargest, keptBlocks, type BlockGrid } from '../prune/index.js';
import { keepInRuns } from '../prune/mask.js';
import { removalLosses } from './exact-obs.js';
import { groupsOf, solveRows, unitsOf, type Problem } from './problem.js';
import { sparseGpt } from './sparse-gpt.js';

/** What of one layer goes. */
export interface LayerCut {
  grid: BlockGrid;
  /** Of units; a pattern says it itself. */
  sparsity: number;
  pattern?: readonly [number, number];
  /** Whether each row of units is cut by itself. */
  byOutput?: boolean;
}

/** A layer's weights, `[outputs, taps]`, and their mask. */
export interface Pruned {
  weights: Float32Array;
  mask: Uint8Array;
}

/**
 * ExactOBS: the units whose removal costs least, rows of one layer competing, as each row's greedy order says it; then what is
 * left is solved at once, to which the steps' updates would have added up.
 */
export function pruneByObs(problem: Problem, cut: LayerCut): Pruned {
  const { grid, sparsity, pattern, byOutput } = cut;
  const scores = obsScores(problem, cut);
  const length = scores.length / Math.ceil(grid.outputs / grid.block[0]);
  const marks = pattern
    ? Uint8Array.from(scores, (score) => (score === Infinity ? 1 : 0))
    : byOutput
      ? keepInRuns(scores, length, sparsity)
      : keepLargest([scores], keptBlocks(scores.length, sparsity))[0];
  const mask = elementMask(grid, marks);
  return { weights: solveRows(problem, mask), mask };
}

/**
 * Products of solving each row again after SparseGPT, at most: about 30 s. MobileNetV2's last layer, 1280 to 1000, would take
 * 4e10 at 50 %, and what its columns took up in order is near enough.
 */
const MOST_SOLVING = 2e10;

/**
 * SparseGPT, group by group; then each row is solved again with its mask where that does not take too long.
 * @param again false: rows are not solved again
 */
export function pruneBySparseGpt(
  problem: Problem,
  { grid, sparsity, pattern }: LayerCut,
  again = true,
): Pruned {
  const { taps, outputs, groups, sensitivity } = problem;
  const weights = new Float32Array(outputs * taps);
  const mask = new Uint8Array(outputs * taps);
  const units = unitsOf(grid, pattern);
  checkRows(grid, groups);
  for (const group of groupsOf(problem)) {
    const height = grid.block[0];
    const part = { ...group, taps, units, height, sensitivity: sensitivity.subarray(group.from, group.to) };
    mask.set(sparseGpt(part, sparsity), group.from * taps);
    weights.set(group.weights, group.from * taps);
  }
  const kept = mask.reduce((sum, mark) => sum + mark, 0) / outputs;
  return !again || (outputs * kept ** 3) / 6 > MOST_SOLVING
    ? { weights, mask }
    : { weights: solveRows(problem, mask), mask };
}

/** What each unit's removal costs, in the order of the grid: see `removalLosses`. Mean over the unit's weights. */
export function obsScores(problem: Problem, { grid, pattern }: Omit<LayerCut, 'sparsity'>): Float64Array {
  const { taps, groups, sensitivity } = problem;
  const height = grid.block[0];
  const scores = new Float64Array(grid.count);
  const units = unitsOf(grid, pattern);
  checkRows(grid, groups);
  let at = 0;
  for (const { from, to, inverse, weights } of groupsOf(problem)) {
    for (let first = from; first < to; first += height) {
      const last = Math.min(first + height, to);
      const rows = Array.from({ length: last - first }, (_, i) => {
        const start = (first - from + i) * taps;
        const factor = Math.sqrt(sensitivity[first + i]);
        return weights.slice(start, start + taps).map((w) => w * factor);
      });
      for (const [unit, loss] of removalLosses(inverse, rows, units).entries())
        scores[at++] = loss / (rows.length * units.columns[unit].length);
    }
  }
  return scores;
}

/**
 * `s w^2 / [H^-1]_kk`, mean over each unit: what OBS would charge for a first removal (Hassibi and Stork 1993), without the updates that
 * make ExactOBS dear. For sharing a sparsity among large layers.
 */
export function firstScores(problem: Problem, { grid, pattern }: Omit<LayerCut, 'sparsity'>): Float64Array {
  const { taps, groups, sensitivity } = problem;
  const { columns } = unitsOf(grid, pattern);
  const height = grid.block[0];
  const scores = new Float64Array(grid.count);
  checkRows(grid, groups);
  let at = 0;
  for (const { from, to, inverse, weights } of groupsOf(problem)) {
    for (let first = from; first < to; first += height) {
      const last = Math.min(first + height, to);
      for (const unit of columns) {
        let sum = 0;
        for (let o = first; o < last; o++)
          for (const k of unit)
            sum += (sensitivity[o] * weights[(o - from) * taps + k] ** 2) / inverse[k * (taps + 1)];
        scores[at++] = sum / ((last - first) * unit.length);
      }
    }
  }
  return scores;
}

/** Rows of a block share a Hessian. */
function checkRows({ outputs, block: [height] }: BlockGrid, groups: number): void {
  if (groups === 1 || (outputs / groups) % height === 0) return;
  throw new RangeError(
    `block: expected a number of outputs that divides the ${outputs / groups} of a group, got ${height}; keep the layer dense`,
  );
}
