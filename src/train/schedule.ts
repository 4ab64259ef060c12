/** How the learning rate changes. `warmup`, `every` and `restart` are in epochs; `minimum` is a fraction of the full rate. */
export type LearningRateSchedule = { warmup?: number } & (
  | { type: 'constant' }
  | { type: 'cosine'; minimum?: number; restart?: number }
  | { type: 'step'; every: number; factor?: number }
);

/** How long a training is, in steps. */
export interface Length {
  steps: number;
  stepsPerEpoch: number;
}

/**
 * Factor in [0, 1] on the full learning rate at `step` (0, 1, ...): linear warm-up (Goyal 2017), then constant, half a
 * cosine down to `minimum`, once or anew each `restart` epochs (Loshchilov and Hutter 2017), or multiplied by `factor` after each `every` epochs.
 */
export function learningRateFactor(schedule: LearningRateSchedule, step: number, length: Length): number {
  const warmup = (schedule.warmup ?? 0) * length.stepsPerEpoch;
  if (step < warmup) return (step + 1) / (warmup + 1);
  switch (schedule.type) {
    case 'constant':
      return 1;
    case 'cosine': {
      const minimum = schedule.minimum ?? 0;
      const period = (schedule.restart ?? Infinity) * length.stepsPerEpoch;
      const span = Math.min(period, Math.max(1, length.steps - warmup));
      const done = ((step - warmup) % period) / span;
      return minimum + ((1 - minimum) * (1 + Math.cos(Math.PI * Math.min(1, done)))) / 2;
    }
    case 'step':
      return (schedule.factor ?? 0.1) ** Math.floor(step / length.stepsPerEpoch / schedule.every);
  }
}
