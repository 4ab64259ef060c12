import { mix, permutationOf, randomStream } from './random.js';

/** Which samples are trained on. */
export interface SamplingOptions {
  /** Fraction in [0, 1) of the samples that is held out, never trained on. Default 0. */
  validation?: number;
  /** Samples an epoch has. Default: all that are not held out. */
  subset?: number;
  /** Whether each epoch draws its subset anew, or all have the first one. Default `epoch`. */
  draw?: 'epoch' | 'once';
}

/** Numbers of samples, ascending. */
export interface Sampling {
  pool: Uint32Array;
  validation: Uint32Array;
  /** At most as many as the pool holds. */
  epochSamples: number;
}

/**
 * Divides `count` samples by seed.
 *
 * @throws RangeError where none is left to train on, or none is held out of a fraction that is not 0
 */
export function sampling(count: number, seed: number, options: SamplingOptions = {}): Sampling {
  const { validation = 0, subset = Infinity, draw = 'epoch' } = options;
  const order = permutationOf(count, randomStream(mix(seed, 4)));
  const held = Math.round(validation * count);
  if (held === count || (validation > 0 && held === 0))
    throw new RangeError(
      `validation: expected samples on either side of ${validation} of ${count}, got ${held} held out`,
    );
  const rest = order.subarray(held);
  const pool = draw === 'once' ? rest.subarray(0, subset) : rest;
  return {
    pool: pool.toSorted(),
    validation: order.subarray(0, held).toSorted(),
    epochSamples: Math.min(subset, pool.length),
  };
}
