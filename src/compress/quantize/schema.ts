import { z } from 'zod';
import { trainingShape } from '../recover/schema.js';
import { atLeast0, choice, count, flag, isCount, patterns, positive, strict, value } from '../schema.js';
import type { EqualizeBy } from './equalize.js';
import type { Initialization } from './k-means.js';
import type { CodebookPrecision, Precision } from './precision.js';

const isBits = (n: unknown): n is number => typeof n === 'number' && isCount(2)(n) && n <= 8;
const isEntries = (n: unknown): n is number => typeof n === 'number' && isCount(2)(n) && n <= 256;

const initializations: readonly Initialization[] = ['linear', 'density', 'k-means++'];

const codebookKeys = {
  values: choice('i8', 'f32').default('i8'),
  initialization: choice(...initializations).default('linear'),
  rate: atLeast0.default(0),
};

/** Entries, or those with how they are found. */
const codebook = z
  .preprocess(
    (input) => (typeof input === 'number' ? { entries: input } : input),
    strict({ entries: value<number>('a whole number in 2..256', isEntries), ...codebookKeys }),
  )
  .optional();

const isCodebook = (input: unknown): input is CodebookPrecision =>
  strict({ codebook: value<number>('', isEntries), ...codebookKeys }).safeParse(input).success;

export const precision = z.custom<Precision>(
  (input) => input === 'f32' || input === 'f16' || isBits(input) || isCodebook(input),
  { error: 'bits 2..8, "f32", "f16" or { "codebook": 2..256 }' },
);

const equalize = z
  .custom<boolean | EqualizeBy>(
    (input) => [true, false, 'weights', 'activations'].includes(input as string),
    {
      error: 'true, false, "weights" or "activations"',
    },
  )
  .optional();

const positiveBelow1 = value<number>('a number in (0, 1]', (n) => n > 0 && n <= 1);

const mixed = strict({
  candidates: z
    .array(precision, { error: 'a list of precisions' })
    .min(1, { error: 'a list of precisions' })
    .default([8, 'f32']),
  metric: choice('mse', 'kl').default('mse'),
  /** Training samples that are run. */
  samples: count(1).default(64),
  /** One of these. */
  bytes: count(1).optional(),
  ratio: positive.optional(),
  error: positive.optional(),
  agreement: positiveBelow1.optional(),
}).optional();

/** `quantize` in a recipe: the int8 form of the network. */
export const quantizeSchema = strict({
  weights: strict({
    bits: value<number>('a whole number in 2..8', isBits).default(8),
    per: choice('channel', 'tensor').default('channel'),
    /** Shared weights instead of all whole numbers. */
    codebook,
  }).prefault({}),
  activations: strict({
    calibration: choice('minmax', 'percentile', 'mse', 'kl').default('minmax'),
    percentile: value<number>('a number in (50, 100]', (n) => n > 50 && n <= 100).default(99.99),
    samples: count(1).default(512),
    /** 7: what is never negative uses 0..127, which relaxed SIMD multiplies four at a time. */
    bits: value<number>('7 or 8', (n) => n === 7 || n === 8).default(8),
  }).prefault({}),
  /** true: what suits `weights.per`. */
  equalize,
  /** Absent: true. */
  biasCorrection: flag.optional(),
  /** Weights rounded for their layer's output, biases for its mean, on so many training samples. */
  refine: strict({ samples: count(1).default(64) }).optional(),
  /** Quantization-aware training, of the folded network. */
  train: strict({
    ...trainingShape,
    /** Of activations: calibrated once, or anew before each epoch. */
    ranges: choice('fixed', 'epoch').default('epoch'),
  }).optional(),
  float: patterns,
  /** By layer pattern, instead of `weights` and `float`; of several that fit, the last. */
  layers: z.record(z.string(), precision).optional(),
  /** A precision for each layer that neither `float` nor `layers` names, within one bound. */
  mixed,
});
