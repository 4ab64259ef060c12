import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { recipeSchema, type Recipe } from './recipe-schema.js';

export type { Recipe } from './recipe-schema.js';

/** A recipe that says what no recipe may say. The message names the key, what was expected, and what is there. */
export class RecipeError extends Error {
  override name = 'RecipeError';
}

/**
 * Checks a recipe (parsed JSON) and fills in its defaults.
 *
 * @throws RecipeError with one line for each fault, as `recipe.prune.sparsity: expected a number in [0, 1), got 1.5`
 */
export function parseRecipe(json: unknown): Recipe {
  const result = recipeSchema.safeParse(json);
  if (!result.success)
    throw new RecipeError(result.error.issues.flatMap((i) => describe(i, json)).join('\n'));
  const recipe = result.data;
  const fault = contradiction(recipe);
  if (fault !== undefined) throw new RecipeError(fault);
  return recipe;
}

/** SHA-256 of the recipe with its defaults, in hex: equal for recipes that mean the same. */
export function recipeHash(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex');
}

function describe(issue: z.core.$ZodIssue, json: unknown): string[] {
  const path = ['recipe', ...issue.path.map(String)].join('.');
  if (issue.code !== 'unrecognized_keys')
    return [`${path}: expected ${issue.message}, got ${show(valueAt(json, issue.path))}`];
  const known = issue.message.split(', ');
  return issue.keys.map((key) => {
    const near = closest(key, known);
    const hint = edits(key, near) <= key.length / 2 ? `; did you mean "${near}"?` : '';
    return `${path}.${key}: expected one of the keys ${issue.message}, got "${key}"${hint}`;
  });
}

function contradiction({ prune, recover }: Recipe): string | undefined {
  if (prune && prune.scope === 'global' && typeof prune.sparsity === 'object')
    return 'recipe.prune.sparsity: expected one number with scope "global", got one for each layer; use scope "layer"';
  if (!prune || !recover) return undefined;
  const { begin, end } = prune.schedule;
  if (begin > recover.epochs)
    return `recipe.prune.schedule.begin: expected at most the ${recover.epochs} epochs of recover, got ${begin}`;
  if (end !== undefined && (end < begin || end > recover.epochs))
    return `recipe.prune.schedule.end: expected an epoch in ${begin}..${recover.epochs}, got ${end}`;
  return undefined;
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], json);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** The known key with the fewest edits (Levenshtein) from `key`. */
function closest(key: string, known: readonly string[]): string {
  return known.reduce((best, name) => (edits(key, name) < edits(key, best) ? name : best));
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
