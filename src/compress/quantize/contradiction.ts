import type { z } from 'zod';
import type { quantizeSchema } from './schema.js';

/** What a recipe's `quantize` says that does not go together. */
export function quantizeContradiction({ weights }: z.output<typeof quantizeSchema>): string | undefined {
  if (weights.codebook && weights.bits !== 8)
    return `recipe.quantize.weights.bits: expected 8 with a codebook, whose entries are int8, got ${weights.bits}; leave one of both out`;
  return undefined;
}
