import { z } from 'zod';
import { atLeast0, choice, count, flag, fraction, positive, strict, text, value } from '../schema.js';
import type { PruneSchedule } from './schedule.js';

const begin = atLeast0.default(0);
/** Absent: 70 % of the recovery. */
const end = atLeast0.optional();
const ramp = { begin, end, frequency: count(1).default(25), initial: fraction.default(0) };
const rounds = count(1).default(5);

const oneShot = { type: z.literal('one-shot') };
const constant = { type: z.literal('constant'), begin };
const linear = { type: z.literal('linear'), ...ramp };
const cubic = { type: z.literal('cubic'), ...ramp };
const exponential = { type: z.literal('exponential'), ...ramp };
const polynomial = { type: z.literal('polynomial'), ...ramp, power: positive.default(3) };
const iterative = { type: z.literal('iterative'), begin, end, rounds };

const ofLayer = z.discriminatedUnion(
  'type',
  [
    strict(oneShot),
    strict(constant),
    strict(linear),
    strict(cubic),
    strict(exponential),
    strict(polynomial),
    strict(iterative),
  ],
  { error: '"one-shot", "constant", "linear", "cubic", "exponential", "polynomial" or "iterative"' },
);

const extras = {
  /** Layer pattern to what is different there; first match. */
  layers: z.record(text, ofLayer, { error: 'an object of layer patterns' }).optional(),
  /** While the sparsity stays: RigL, SET. */
  regrow: strict({
    by: choice('gradient', 'random').default('gradient'),
    fraction: value<number>('a number in (0, 1]', (n) => n > 0 && n <= 1).default(0.3),
    frequency: count(1).default(100),
    /** Absent: 75 % of the recovery. */
    end: atLeast0.optional(),
  }).optional(),
};

const lottery = {
  type: z.literal('lottery'),
  rounds,
  rewind: choice('initial', 'early', 'learning-rate').default('initial'),
  /** Of the first training, where `early` goes back to. */
  epoch: positive.optional(),
};

const supermask = {
  type: z.literal('supermask'),
  /** Where scores begin. */
  scores: choice('magnitude', 'random').default('magnitude'),
  /** Whether weights are replaced by their sign times one number a layer. */
  signed: flag.default(false),
};

const known = z.discriminatedUnion(
  'type',
  [
    strict({ ...oneShot, ...extras }),
    strict({ ...constant, ...extras }),
    strict({ ...linear, ...extras }),
    strict({ ...cubic, ...extras }),
    strict({ ...exponential, ...extras }),
    strict({ ...polynomial, ...extras }),
    strict({ ...iterative, ...extras }),
    strict(lottery),
    strict(supermask),
  ],
  {
    error:
      '"one-shot", "constant", "linear", "cubic", "exponential", "polynomial", "iterative", "lottery" or "supermask"',
  },
);

/** `prune.schedule` in a recipe: when to prune how much. Without `type` it is polynomial. */
export const scheduleSchema = z.preprocess(complete, known);

/** `prune.schedule` with its defaults. */
export type ScheduleOptions = z.output<typeof scheduleSchema>;
/** Of a layer by itself. */
export type LayerSchedule = z.output<typeof ofLayer>;
/** Of the kinds that only say when and how much. */
export type GradualOptions = Exclude<ScheduleOptions, { type: 'lottery' | 'supermask' }>;

/** Fills in the type, and what a layer's own schedule leaves out where it is of the same type. */
function complete(input: unknown): unknown {
  if (!isMap(input)) return input;
  const whole: Record<string, unknown> = { type: 'polynomial', ...input };
  const { layers, regrow, ...base } = whole;
  if (!isMap(layers)) return whole;
  const merged = Object.entries(layers).map(([pattern, own]): [string, unknown] => {
    const isSame = isMap(own) && (own.type ?? base.type) === base.type;
    return [pattern, isSame ? { ...base, ...own } : own];
  });
  return { ...base, layers: Object.fromEntries(merged), ...(regrow !== undefined && { regrow }) };
}

function isMap(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/** The schedule of a training of `epochs` epochs: an `end` that is left out is at 70 % of it. */
export function scheduleFor(options: LayerSchedule, epochs: number): PruneSchedule {
  if (options.type === 'one-shot' || options.type === 'constant') return options;
  return { ...options, end: options.end ?? Math.max(options.begin, 0.7 * epochs) };
}

/** The epoch from which masks stay as they are, of a training of `epochs` epochs; Infinity where they never settle. */
export function settledAt(options: ScheduleOptions, epochs: number): number {
  if (options.type === 'lottery' || options.type === 'supermask') return Infinity;
  const { layers = {}, regrow } = options;
  const ends = [options, ...Object.values(layers)].map((each) => {
    const schedule = scheduleFor(each, epochs);
    if (schedule.type === 'one-shot') return 0;
    return schedule.type === 'constant' ? schedule.begin : schedule.end;
  });
  return Math.max(...ends, regrow ? regrowEnd(regrow, epochs) : 0);
}

/** The epoch of the last change by regrowing. */
export function regrowEnd({ end }: { end?: number }, epochs: number): number {
  return end ?? 0.75 * epochs;
}
