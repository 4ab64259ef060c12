import type { Length } from '../../train/index.js';

/** When to prune how much. `begin` and `end` are in epochs, `frequency` in steps, sparsities in [0, 1). */
export type PruneSchedule =
  | { type: 'one-shot' }
  | { type: 'constant'; begin: number }
  | ({ type: 'linear' | 'cubic' | 'exponential' } & Ramp)
  | ({ type: 'polynomial'; power: number } & Ramp)
  | { type: 'iterative'; begin: number; end: number; rounds: number };

/** What the gradual schedules have in common: from the sparsity `initial` at `begin` to the final one at `end`. */
export interface Ramp {
  begin: number;
  end: number;
  frequency: number;
  initial: number;
}

/**
 * How far the schedule is at `step`: 0 at its begin, 1 where the final sparsity holds; undefined where `step` changes nothing.
 *
 * - one-shot: all before the first step. constant: all at `begin`.
 * - linear, polynomial, cubic, exponential: at `begin`, each `frequency` steps after it, and at `end`.
 * - iterative (Han et al. 2015): `rounds` times, evenly from `begin` to `end`; between them the network recovers.
 */
export function pruneTime(schedule: PruneSchedule, step: number, length: Length): number | undefined {
  if (schedule.type === 'one-shot') return step === 0 ? 1 : undefined;
  const begin = Math.round(schedule.begin * length.stepsPerEpoch);
  if (schedule.type === 'constant') return step === begin ? 1 : undefined;
  const end = Math.max(begin, Math.round(schedule.end * length.stepsPerEpoch));
  if (step === end) return 1;
  if (step < begin || step > end) return undefined;
  if (schedule.type === 'iterative') return iterativeTime(schedule.rounds, step - begin, end - begin);
  return (step - begin) % schedule.frequency === 0 ? (step - begin) / (end - begin) : undefined;
}

/** Round j of n (from 0) is at `j / (n - 1)` of the way, and brings the time `(j + 1) / n`. */
function iterativeTime(rounds: number, done: number, total: number): number | undefined {
  for (let round = rounds - 2; round >= 0; round--)
    if (Math.round((round / (rounds - 1)) * total) === done) return (round + 1) / rounds;
  return undefined;
}

/** The time that held when `step` began: that of the last change before it; undefined before the first. */
export function timeBefore(schedule: PruneSchedule, step: number, length: Length): number | undefined {
  for (let earlier = step - 1; earlier >= 0; earlier--) {
    const time = pruneTime(schedule, earlier, length);
    if (time !== undefined) return time;
  }
  return undefined;
}

/**
 * Sparsity at a time in [0, 1], of the final sparsity f and the initial one i:
 *
 * - linear: `f + (i - f)(1 - t)`; cubic: `f + (i - f)(1 - t)^3`; polynomial: any power (Zhu and Gupta 2017);
 * - exponential: `1 - (1 - i)((1 - f) / (1 - i))^t`: each change takes the same part of what is left. iterative: the same with i = 0
 *   (Han et al. 2015; Frankle and Carbin 2019 prune 20 % of what is left each round).
 */
export function sparsityAt(schedule: PruneSchedule, final: number, time: number): number {
  if (time >= 1) return final;
  switch (schedule.type) {
    case 'one-shot':
    case 'constant':
      return final;
    case 'linear':
      return between(schedule.initial, final, 1 - time);
    case 'cubic':
      return between(schedule.initial, final, (1 - time) ** 3);
    case 'polynomial':
      return between(schedule.initial, final, (1 - time) ** schedule.power);
    case 'exponential':
      return sameShare(Math.min(schedule.initial, final), final, time);
    case 'iterative':
      return sameShare(0, final, time);
  }
}

/** `initial` where `left` is 1, `final` where it is 0; never above `final`. */
function between(initial: number, final: number, left: number): number {
  return final + (Math.min(initial, final) - final) * left;
}

/** Density falls by the same factor each unit of time; rounding never leads outside. */
export function sameShare(initial: number, final: number, time: number): number {
  const sparsity = 1 - (1 - initial) * ((1 - final) / (1 - initial)) ** time;
  return Math.min(final, Math.max(initial, sparsity));
}
