import type { BlockGrid } from '../prune/index.js';
import type { Units } from './exact-obs.js';
import { solveMasked } from './least-squares.js';
import { cholesky, inverseOf, solveCholesky } from './linear-algebra.js';
import type { Moments } from './moments.js';

/**
 * What a layer's weights are chosen for: `min over w of sum over outputs of w' H w - 2 g' w`, H one a group, g one an output. The
 * errors of outputs count `sensitivity` times where masks are chosen.
 */
export interface Problem {
  outputs: number;
  groups: number;
  taps: number;
  /** Damped, `[groups, taps, taps]`. */
  hessian: Float64Array;
  /** `[outputs, taps]`. */
  cross: Float64Array;
  /** `[outputs]`. */
  sensitivity: Float64Array;
}

/**
 * The problem of moments. `damping` times the diagonal's mean is added to the diagonal and pulls towards the weights that are: few
 * samples say little about sums of many inputs. Where inputs are always 0 nothing is known, and the weights stay.
 * @param kernel the dense network's, `[outputs, taps]`
 */
export function problemOf(
  moments: Moments,
  kernel: Float32Array,
  damping: number,
  sensitivity: Float64Array = new Float64Array(moments.target.length).fill(1),
): Problem {
  const { groups, taps } = moments;
  const outputs = moments.target.length;
  const hessian = moments.hessian.slice();
  const cross = moments.cross.slice();
  const rows = (outputs / groups) * taps;
  for (let group = 0; group < groups; group++) {
    const start = group * taps * taps;
    let trace = 0;
    for (let k = 0; k < taps; k++) trace += hessian[start + k * (taps + 1)];
    const pull = (damping * trace) / taps || 1;
    for (let k = 0; k < taps; k++) hessian[start + k * (taps + 1)] += pull;
    for (let i = group * rows; i < (group + 1) * rows; i++) cross[i] += pull * kernel[i];
  }
  return { outputs, groups, taps, hessian, cross, sensitivity };
}

/** One group's part, its inverse Hessian, and its rows solved without a mask: what pruning starts from. */
export interface GroupProblem {
  /** Outputs [from, to). */
  from: number;
  to: number;
  inverse: Float64Array;
  /** `[to - from, taps]`. */
  weights: Float64Array;
}

export function* groupsOf({ outputs, groups, taps, hessian, cross }: Problem): Generator<GroupProblem> {
  for (let group = 0; group < groups; group++) {
    const part = hessian.subarray(group * taps * taps, (group + 1) * taps * taps);
    const lower = cholesky(part.slice(), taps);
    const [from, to] = [(group * outputs) / groups, ((group + 1) * outputs) / groups];
    const weights = cross.slice(from * taps, to * taps);
    for (let start = 0; start < weights.length; start += taps)
      solveCholesky(lower, taps, weights.subarray(start, start + taps));
    yield { from, to, inverse: inverseOf(part, taps), weights };
  }
}

/** Each row's least squares with the mask held, `[outputs, taps]`. */
export function solveRows(
  { outputs, groups, taps, hessian, cross }: Problem,
  mask: Uint8Array,
): Float32Array {
  const solved = new Float32Array(cross.length);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor((o * groups) / outputs);
    const [from, to] = [o * taps, (o + 1) * taps];
    const part = hessian.subarray(group * taps * taps, (group + 1) * taps * taps);
    solved.set(solveMasked(part, cross.subarray(from, to), mask.subarray(from, to)), from);
  }
  return solved;
}

/** The units of one row of a grid's blocks, in the grid's order. */
export function unitsOf(
  { taps, inputs, block: [, across] }: BlockGrid,
  pattern: readonly [number, number] | undefined,
): Units {
  const columns: number[][] = [];
  const of: number[] = [];
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < inputs; i += across) {
      const width = Math.min(across, inputs - i);
      columns.push(Array.from({ length: width }, (_, k) => tap * inputs + i + k));
      if (pattern) of.push(tap * Math.ceil(inputs / pattern[1]) + Math.floor(i / pattern[1]));
    }
  }
  return { columns, ...(pattern && { patterns: { of: Uint32Array.from(of), keep: pattern[0] } }) };
}
