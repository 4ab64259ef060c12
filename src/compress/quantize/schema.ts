import { choice, count, isCount, patterns, strict, value } from '../schema.js';

/** `quantize` in a recipe: the int8 form of the network. */
export const quantizeSchema = strict({
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
