import { createHash } from 'node:crypto';
import { describeFaults } from './faults.js';
import { pruneContradiction } from './prune/contradiction.js';
import { quantizeContradiction } from './quantize/contradiction.js';
import { scheduleFault } from './prune/index.js';
import { recoverContradiction } from './recover/training.js';
import { recipeSchema, type Recipe } from './recipe-schema.js';
import { structureContradiction } from './structure/schema.js';

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
  if (!result.success) throw new RecipeError(describeFaults('recipe', result.error, json));
  const recipe = result.data;
  const fault = contradiction(recipe);
  if (fault !== undefined) throw new RecipeError(fault);
  return recipe;
}

/** SHA-256 of the recipe with its defaults, in hex: equal for recipes that mean the same. */
export function recipeHash(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex');
}

function contradiction(recipe: Recipe): string | undefined {
  const { structure, prune, recover, quantize } = recipe;
  return (
    (structure && structureContradiction(structure)) ??
    (prune && (pruneContradiction(prune, Boolean(recover)) ?? scheduleFault(prune, recover?.epochs))) ??
    (quantize && quantizeContradiction(quantize)) ??
    recoverContradiction(recipe)
  );
}
