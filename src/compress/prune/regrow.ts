import type { Length } from '../../train/index.js';
import { keepLargest } from './mask.js';

/** Dropping the least of the kept blocks and growing as many others, at the same sparsity. */
export interface Regrow {
  /** What says which grow: the largest gradient (RigL, Evci et al. 2020), or chance (SET, Mocanu et al. 2018). */
  by: 'gradient' | 'random';
  /** Of the kept blocks, at first. */
  fraction: number;
  /** Steps between two changes. */
  frequency: number;
  /** Epoch of the last change. */
  end: number;
}

/**
 * The part of a layer's kept blocks that moves at `step`; undefined where none does. As in RigL, `fraction / 2 (1 + cos(pi step / end))`,
 * each `frequency` steps before `end`.
 */
export function regrowFraction(regrow: Regrow, step: number, length: Length): number | undefined {
  const end = Math.round(regrow.end * length.stepsPerEpoch);
  if (step === 0 || step >= end || step % regrow.frequency !== 0) return undefined;
  return (regrow.fraction / 2) * (1 + Math.cos((Math.PI * step) / end));
}

/** Scores of one layer's blocks; `keep` marks the kept ones. */
export interface RegrowScores {
  keep: Uint8Array;
  /** Kept blocks with the least go. */
  magnitude: Float64Array;
  /** Blocks that are not kept, or no longer, and have the most come. */
  growth: Float64Array;
}

/**
 * The marks after `floor(fraction * kept)` blocks have been dropped and as many grown. A dropped block may grow again at once,
 * from zero, as in RigL.
 */
export function dropAndGrow({ keep, magnitude, growth }: RegrowScores, fraction: number): Uint8Array {
  const kept = keep.reduce((sum, mark) => sum + mark, 0);
  const moved = Math.min(Math.floor(fraction * kept), keep.length - kept);
  const [remaining] = keepLargest([among(magnitude, (i) => keep[i] === 1)], kept - moved);
  const [grown] = keepLargest([among(growth, (i) => remaining[i] === 0)], moved);
  return remaining.map((mark, i) => mark | grown[i]);
}

/** The scores of those that `isOne` names, all above those of the others. */
function among(scores: Float64Array, isOne: (index: number) => boolean): Float64Array {
  return scores.map((score, i) => (isOne(i) ? Math.max(score, -Number.MAX_VALUE) : -Infinity));
}
