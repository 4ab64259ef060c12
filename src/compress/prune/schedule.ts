import type { Length } from '../../train/index.js';

/** When to prune how much. `begin` and `end` are in epochs, `frequency` in steps. */
export interface PruneSchedule {
  type: 'constant' | 'polynomial';
  begin: number;
  end: number;
  frequency: number;
  power: number;
}

/**
 * How much of the final sparsity holds from `step` on, in [0, 1]; undefined where `step` changes nothing.
 *
 * - polynomial (Zhu and Gupta 2017, with initial sparsity 0): `1 - (1 - (step - begin) / (end - begin))^power` at `begin`,
 *   each `frequency` steps after it, and at `end`.
 * - constant: everything at `begin`.
 */
export function pruneProgress(schedule: PruneSchedule, step: number, length: Length): number | undefined {
  const begin = Math.round(schedule.begin * length.stepsPerEpoch);
  if (schedule.type === 'constant') return step === begin ? 1 : undefined;
  const end = Math.max(begin, Math.round(schedule.end * length.stepsPerEpoch));
  if (step === end) return 1;
  if (step < begin || step > end || (step - begin) % schedule.frequency !== 0) return undefined;
  return 1 - (1 - (step - begin) / (end - begin)) ** schedule.power;
}
