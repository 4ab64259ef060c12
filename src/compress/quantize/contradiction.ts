import type { z } from 'zod';
import type { quantizeSchema } from './schema.js';

/** What a recipe's `quantize` says that does not go together. */
export function quantizeContradiction({
  weights,
  refine,
  train,
  mixed,
}: z.output<typeof quantizeSchema>): string | undefined {
  if (train && refine)
    return 'recipe.quantize.refine: expected none with train, whose weights and biases are rounded already; leave one of them out';
  if (train && weights.codebook)
    return 'recipe.quantize.weights.codebook: expected none with train, which rounds to bits; leave one of them out';
  if (train && mixed)
    return 'recipe.quantize.mixed: expected none with train, which knows the precisions beforehand; say them in quantize.layers';
  if (weights.codebook && weights.bits !== 8)
    return `recipe.quantize.weights.bits: expected 8 with a codebook, whose entries are int8, got ${weights.bits}; leave one of both out`;
  const bounds = BOUNDS.filter((key) => mixed?.[key] !== undefined);
  if (mixed && bounds.length !== 1)
    return `recipe.quantize.mixed: expected one of ${BOUNDS.join(', ')}, got ${bounds.join(' and ') || 'none'}`;
  if (mixed && weights.codebook)
    return 'recipe.quantize.weights.codebook: expected nothing beside mixed, got a codebook; put it into mixed.candidates';
  return undefined;
}

const BOUNDS = ['bytes', 'ratio', 'error', 'agreement'] as const;
