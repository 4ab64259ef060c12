import { z } from 'zod';
import { meanAndDeviation, PRESETS, type Preprocessing } from '../preprocess/index.js';
import { describeFaults } from './faults.js';
import { choice, count, flag, positive, strict, value } from './schema.js';

const isFinite = (n: number): boolean => Number.isFinite(n);
const factors = z.custom<number | number[]>(
  (input) => [input].flat().every((n) => typeof n === 'number' && isFinite(n)),
  { error: 'a finite number, or a list of one a channel' },
);
const list = z.array(value<number>('a finite number', isFinite), { error: 'a list of one number a channel' });

const image = strict({
  fit: choice('stretch', 'crop', 'pad').optional(),
  crop: value<number>('a number in (0, 1]', (n) => n > 0 && n <= 1).optional(),
  filter: choice('nearest', 'bilinear', 'bicubic', 'lanczos3').optional(),
  order: choice('rgb', 'bgr').optional(),
  invert: flag.optional(),
});

const audio = strict({
  sampleRate: count(1).optional(),
  samples: count(1).optional(),
  window: positive.optional(),
  stride: positive.optional(),
  melBins: count(1).optional(),
  low: value<number>('a finite number >= 0', (n) => n >= 0 && isFinite(n)).optional(),
  high: positive.optional(),
  coefficients: count(1).optional(),
  normalize: flag.optional(),
});

const shared = {
  layout: choice('hwc', 'chw').optional(),
  image: image.optional(),
  audio: audio.optional(),
};

const linear = strict({ scale: factors.default(1), offset: factors.default(0), ...shared });

/** PyTorch's way to say it: pixels of 0..1, less the mean, by the deviation. */
const deviation = strict({ mean: list, std: list, ...shared }).transform(
  ({ mean, std, ...rest }, context): Preprocessing => {
    if (mean.length !== std.length || std.includes(0))
      context.addIssue({ code: 'custom', path: ['std'], message: `${mean.length} numbers that are not 0` });
    return { ...meanAndDeviation(mean, std), ...rest };
  },
);

/** What a recipe's, a file's or `--preprocess`' preprocessing may say: see docs/preprocessing.md. */
export const preprocessingSchema: z.ZodType<Preprocessing> = z.unknown().transform((input, context) => {
  if (typeof input === 'string') return presetOf(input, context);
  const isDeviation = typeof input === 'object' && input !== null && ('mean' in input || 'std' in input);
  const result = (isDeviation ? deviation : linear).safeParse(input);
  if (result.success) return result.data as Preprocessing;
  for (const issue of result.error.issues) context.issues.push({ ...issue, input } as never);
  return z.NEVER;
});

function presetOf(name: string, context: z.RefinementCtx): Preprocessing {
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name as keyof typeof PRESETS];
  const known = Object.keys(PRESETS).join(', ');
  context.addIssue({ code: 'custom', message: `one of ${known}, or an object` });
  return z.NEVER;
}

/**
 * Checks a preprocessing, parsed JSON or a preset's name.
 * @param where it stands, for messages
 * @throws RangeError with one line for each fault
 */
export function parsePreprocessing(json: unknown, where: string): Preprocessing {
  const result = preprocessingSchema.safeParse(json);
  if (result.success) return result.data;
  throw new RangeError(describeFaults(`${where}: preprocessing`, result.error, json));
}
