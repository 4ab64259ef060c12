import type { z } from 'zod';
import { trainingContradiction } from '../recover/training.js';
import { isFloat, sharesWeights } from './precision.js';
import type { quantizeSchema } from './schema.js';

type Quantize = z.output<typeof quantizeSchema>;

/** What a recipe's `quantize` says that does not go together. */
export function quantizeContradiction(quantize: Quantize): string | undefined {
  return trainContradiction(quantize) ?? precisionContradiction(quantize);
}

function trainContradiction(quantize: Quantize): string | undefined {
  const { weights, layers, refine, train, mixed } = quantize;
  if (!train) return undefined;
  const shared = sharesWeights(quantize);
  if (refine && !shared)
    return 'recipe.quantize.refine: expected none with train, whose weights and biases are rounded already; leave one of them out';
  if (weights.codebook?.values === 'f32')
    return 'recipe.quantize.weights.codebook.values: expected "i8" with train, got "f32"; train entries of int8, or leave train out';
  const real = Object.entries(layers ?? {}).find(([, each]) => typeof each === 'object' && isFloat(each));
  if (real)
    return `recipe.quantize.layers.${real[0]}.values: expected "i8" with train, got "f32"; train entries of int8, or leave train out`;
  if (mixed)
    return 'recipe.quantize.mixed: expected none with train, which knows the precisions beforehand; say them in quantize.layers';
  return trainingContradiction('recipe.quantize.train', train);
}

function precisionContradiction({ weights, mixed }: Quantize): string | undefined {
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
