import type { Moments } from './moments.js';
import { blockGrid, keepLargest, keptBlocks, type BlockGrid } from '../prune/index.js';
import { removalLosses, type Units } from './exact-obs.js';
import { solveMasked } from './least-squares.js';
import { cholesky, inverseOf, solveCholesky } from './linear-algebra.js';

/** How a layer is pruned. */
export interface Pattern {
  /** Outputs by inputs. */
  block: readonly [number, number];
  /** `n` of `m` inputs that follow one another in a tap stay, whatever the sparsity. */
  nOfM?: readonly [number, number];
}

/** A layer's least-squares problem, damped: one Hessian a group, one right side an output. */
export interface Problem {
  shape: readonly number[];
  groups: number;
  taps: number;
  /** `[groups, taps, taps]`. */
  hessian: Float64Array;
  /** `[outputs, taps]`. */
  cross: Float64Array;
}

/**
 * `damping` times the diagonal's mean is added to the diagonal, and pulls towards the weights that are: few samples say little about
 * sums of many inputs.
 */
export function problemOf(
  moments: Moments,
  kernel: Float32Array,
  shape: readonly number[],
  damping: number,
): Problem {
  const { groups, taps } = moments;
  const hessian = moments.hessian.slice();
  const cross = moments.cross.slice();
  const rows = (shape[0] / groups) * taps;
  for (let group = 0; group < groups; group++) {
    const start = group * taps * taps;
    let trace = 0;
    for (let k = 0; k < taps; k++) trace += hessian[start + k * (taps + 1)];
    const pull = (damping * trace) / taps || 1; // a dead channel: nothing is known, the weights stay
    for (let k = 0; k < taps; k++) hessian[start + k * (taps + 1)] += pull;
    for (let i = group * rows; i < (group + 1) * rows; i++) cross[i] += pull * kernel[i];
  }
  return { shape, groups, taps, hessian, cross };
}

/** What each block's removal costs: see `removalLosses`. Mean over the block's weights. */
export function obsScores(problem: Problem, { block, nOfM }: Pattern): Float64Array {
  const { shape, groups, taps, hessian } = problem;
  const grid = blockGrid(shape, block);
  const scores = new Float64Array(grid.count);
  const units = unitsOf(grid, nOfM);
  const perGroup = shape[0] / groups;
  let inverse: Float64Array = new Float64Array(0);
  let lower: Float64Array = inverse;
  let known = -1;
  for (let first = 0, at = 0; first < shape[0]; first += block[0], at += units.columns.length) {
    const group = Math.floor(first / perGroup);
    if (group !== known) {
      const part = hessian.subarray(group * taps * taps, (group + 1) * taps * taps);
      inverse = inverseOf(part, taps);
      lower = cholesky(part.slice(), taps);
      known = group;
    }
    const last = Math.min(first + block[0], shape[0]);
    const rows = Array.from({ length: last - first }, (_, i) => {
      const row = problem.cross.slice((first + i) * taps, (first + i + 1) * taps);
      solveCholesky(lower, taps, row);
      return row;
    });
    const losses = removalLosses(inverse, rows, units);
    losses.forEach((loss, unit) => {
      scores[at + unit] = loss / (rows.length * units.columns[unit].length);
    });
  }
  return scores;
}

/** The blocks of one row of blocks, in the grid's order. */
function unitsOf({ taps, inputs, block: [, across] }: BlockGrid, nOfM: Pattern['nOfM']): Units {
  const columns: number[][] = [];
  const of: number[] = [];
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < inputs; i += across) {
      const width = Math.min(across, inputs - i);
      columns.push(Array.from({ length: width }, (_, k) => tap * inputs + i + k));
      if (nOfM) of.push(tap * Math.ceil(inputs / nOfM[1]) + Math.floor(i / nOfM[1]));
    }
  }
  return nOfM ? { columns, patterns: { of: Uint32Array.from(of), most: nOfM[1] - nOfM[0] } } : { columns };
}

/** All rows' least squares with the mask held, `[outputs, taps]`. */
export function solveRows({ groups, taps, hessian, cross }: Problem, mask: Uint8Array): Float32Array {
  const outputs = cross.length / taps;
  const solved = new Float32Array(cross.length);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor((o * groups) / outputs);
    const [from, to] = [o * taps, (o + 1) * taps];
    const part = hessian.subarray(group * taps * taps, (group + 1) * taps * taps);
    solved.set(solveMasked(part, cross.subarray(from, to), mask.subarray(from, to)), from);
  }
  return solved;
}

export function layerMask(scores: Float64Array, sparsity: number): Uint8Array {
  return keepLargest([scores], keptBlocks(scores.length, sparsity))[0];
}
