import { z } from 'zod';
import { preprocessingSchema } from './preprocessing-schema.js';
import { criteria, type CriterionName } from './prune/index.js';
import { choice, count, flag, isCount, positive, strict, value } from './schema.js';

const atLeast0 = value<number>('a finite number >= 0', (n) => n >= 0 && n < Infinity);
const fraction = value<number>('a number in [0, 1)', (n) => n >= 0 && n < 1);
const text = value<string>('a string', () => true, 'string');
const patterns = z.array(text, { error: 'a list of layer patterns' }).default([]);

const block = z
  .custom<[number, number]>(isBlock, { error: 'a block [outputs, inputs] of whole numbers in 1..16' })
  .default([1, 1]);

function isBlock(input: unknown): boolean {
  return Array.isArray(input) && input.length === 2 && input.every((side) => isCount(1)(side) && side <= 16);
}

/** One number, or one for each layer pattern. */
const sparsity = z.unknown().transform((input, context) => {
  const entries = isMap(input) ? Object.entries(input) : [['', input] as const];
  for (const [key, each] of entries) {
    if (typeof each === 'number' && each >= 0 && each < 1) continue;
    context.addIssue({ code: 'custom', path: key ? [key] : [], message: 'a number in [0, 1)' });
  }
  return input as number | Record<string, number>;
});

function isMap(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

const pruneSchedule = strict({
  type: choice('constant', 'polynomial').default('polynomial'),
  begin: atLeast0.default(0),
  /** Absent: 70 % of the recovery. */
  end: atLeast0.optional(),
  frequency: count(1).default(25),
  power: positive.default(3),
});

const prune = strict({
  criterion: choice(...(Object.keys(criteria) as CriterionName[])).default('magnitude'),
  block,
  scope: choice('layer', 'global').default('layer'),
  sparsity,
  dense: patterns,
  schedule: pruneSchedule.prefault({}),
});

const unit = value<number>('a number in [0, 1)', (n) => n >= 0 && n < 1);

const optimizer = z
  .discriminatedUnion(
    'type',
    [
      strict({
        type: z.literal('adam'),
        learningRate: positive.optional(),
        beta1: unit.optional(),
        beta2: unit.optional(),
        epsilon: positive.optional(),
      }),
      strict({ type: z.literal('sgd'), learningRate: positive.optional(), momentum: unit.optional() }),
    ],
    { error: '"adam" or "sgd"' },
  )
  .default({ type: 'adam' });

const warmup = atLeast0.optional();
const learningRateSchedule = z
  .discriminatedUnion(
    'type',
    [
      strict({ type: z.literal('constant'), warmup }),
      strict({ type: z.literal('cosine'), warmup, minimum: fraction.optional() }),
      strict({ type: z.literal('step'), warmup, every: positive, factor: positive.optional() }),
    ],
    { error: '"constant", "cosine" or "step"' },
  )
  .default({ type: 'constant' });

const recover = strict({
  epochs: positive,
  batch: count(1).default(64),
  optimizer,
  learningRateSchedule,
  weightDecay: atLeast0.default(0),
  augment: strict({ shift: count(0).default(0), flip: flag.default(false) }).optional(),
});

const quantize = strict({
  weights: strict({
    bits: value<number>('a whole number in 2..8', (n) => isCount(2)(n) && n <= 8).default(8),
    per: choice('channel', 'tensor').default('channel'),
  }).prefault({}),
  activations: strict({
    calibration: choice('minmax', 'percentile').default('minmax'),
    percentile: value<number>('a number in (50, 100]', (n) => n > 50 && n <= 100).default(99.99),
    samples: count(1).default(512),
    /** 7: what is never negative uses 0..127, which relaxed SIMD multiplies four at a time. */
    bits: value<number>('7 or 8', (n) => n === 7 || n === 8).default(8),
  }).prefault({}),
  /** Weights rounded for their layer's output, biases for its mean, on so many training samples. */
  refine: strict({ samples: count(1).default(64) }).optional(),
  float: patterns,
});

/** What a recipe may say. Defaults are filled in. */
export const recipeSchema = strict({
  name: text.optional(),
  seed: count(0).default(1),
  /** Sample to network input, or the name of a preset; absent: as the data set says. */
  preprocessing: preprocessingSchema.optional(),
  prune: prune.nullish(),
  recover: recover.nullish(),
  quantize: quantize.nullish(),
  storage: strict({ entropy: flag.default(true) }).prefault({}),
});

/** A recipe with its defaults filled in. */
export type Recipe = z.output<typeof recipeSchema>;
