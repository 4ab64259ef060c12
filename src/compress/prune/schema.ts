import { z } from 'zod';
import { choice, count, flag, isCount, patterns, positive, strict, text } from '../schema.js';
import { criteria, type CriterionName } from './criteria.js';
import { scheduleSchema } from './schedule-schema.js';
import { updateSchema } from '../one-shot/schema.js';
import { SCOPES } from './targets.js';

const block = z.custom<[number, number]>(isBlock, {
  error: 'a block [outputs, inputs] of whole numbers in 1..16',
});

function isBlock(input: unknown): boolean {
  return Array.isArray(input) && input.length === 2 && input.every((side) => isCount(1)(side) && side <= 16);
}

const pattern = z.custom<[number, number]>(isPattern, {
  error: 'a pattern [n, m] of whole numbers with 1 <= n < m <= 32',
});

function isPattern(input: unknown): boolean {
  if (!Array.isArray(input) || input.length !== 2 || !input.every(isCount(1))) return false;
  const [n, m] = input as [number, number];
  return n < m && m <= 32;
}

/** One number, or one for each layer pattern. */
export const sparsity = z.unknown().transform((input, context) => {
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

/** `prune` in a recipe: what goes, how far, and when. */
export const pruneSchema = strict({
  criterion: choice(...(Object.keys(criteria) as CriterionName[])).default('magnitude'),
  /** Training samples that the criterion looks at. Absent: 512. */
  samples: count(1).optional(),
  /** Absent: `element`, blocks of `block`. */
  unit: choice('element', 'neuron').optional(),
  block: block.default([1, 1]),
  /** By layer pattern, instead of `block`; first match. */
  blocks: z.record(text, block, { error: 'an object of layer patterns' }).optional(),
  /** `[n, m]`: n of each m neighbouring inputs stay. */
  pattern: pattern.optional(),
  scope: choice(...SCOPES).default('layer'),
  sparsity: sparsity.optional(),
  latency: strict({ ms: positive.optional(), ratio: positive.optional() }).optional(),
  dense: patterns,
  /** Takes out what pruning leaves without effect: at each cut it goes first, and the file is sparser than asked for. */
  removeDead: flag.default(false),
  schedule: scheduleSchema.prefault({}),
  /** Pruned without training, weights that stay taking up what goes: instead of `schedule`. */
  update: updateSchema.optional(),
});
