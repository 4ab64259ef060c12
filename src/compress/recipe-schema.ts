import type { z } from 'zod';
import { correctSchema } from './one-shot/schema.js';
import { preprocessingSchema } from './preprocessing-schema.js';
import { pruneSchema } from './prune/schema.js';
import { quantizeSchema } from './quantize/schema.js';
import { recoverSchema } from './recover/schema.js';
import { choice, count, flag, strict, text } from './schema.js';
import { structureSchema } from './structure/schema.js';
import { unfoldSchema } from './unfold/schema.js';

/** What a recipe may say. Defaults are filled in. */
export const recipeSchema = strict({
  name: text.optional(),
  seed: count(0).default(1),
  /** Sample to network input, or the name of a preset; absent: as the data set says. */
  preprocessing: preprocessingSchema.optional(),
  unfold: unfoldSchema.nullish(),
  structure: structureSchema.nullish(),
  prune: pruneSchema.nullish(),
  recover: recoverSchema.nullish(),
  correct: correctSchema.nullish(),
  quantize: quantizeSchema.nullish(),
  storage: strict({
    entropy: flag.default(true),
    /** minimal: preprocessing, and what the loader picks a build by, are all that a file says beside its network. */
    metadata: choice('full', 'minimal').default('full'),
    /** numbers: layers lose their names. */
    names: choice('layers', 'numbers').default('layers'),
    /** Kernels that are f32 at the end, rounded to half precision. */
    float16: flag.optional(),
  }).prefault({}),
});

/** A recipe with its defaults filled in. */
export type Recipe = z.output<typeof recipeSchema>;
