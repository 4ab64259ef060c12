import { parseRecipe, RecipeError } from '../../src/compress/recipe.js';
import { isClear } from './clear.js';
import type { SyncTarget } from './target.js';

/** `parseRecipe`: a recipe, or a RecipeError with a clear message. What is not JSON never reaches it. */
export const recipe: SyncTarget = {
  name: 'recipe',
  read(file) {
    const limits = { memory: 0, memoryLimit: 0 };
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(file));
    } catch {
      return { accepted: false, code: 'not JSON', ...limits };
    }
    try {
      parseRecipe(json);
      return { accepted: true, code: 'ok', ...limits };
    } catch (error) {
      if (!(error instanceof RecipeError && isClear(error.message))) throw error;
      return { accepted: false, code: 'recipe', message: error.message, ...limits };
    }
  },
};
