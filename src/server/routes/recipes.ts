import { Router } from 'express';
import { operations } from '../api/operations.js';
import type { DatasetEntry, RecipePreset } from '../api/schemas.js';
import { mount } from '../http/mount.js';

/** What the pipeline tells of recipes; the command line hands it in. */
export interface Recipes {
  presets: readonly RecipePreset[];
  /** JSON Schema of a recipe. */
  schema: Record<string, unknown>;
  /** Checks a recipe. @throws Error that says what, expected, got */
  check(recipe: unknown): { needsData: boolean };
}

/** A data set of this server. */
export interface ServedDataset extends DatasetEntry {
  folder: string;
}

/** Looks at the sets when they are first asked for: reading one takes a moment. */
export type ListDatasets = () => Promise<readonly ServedDataset[]>;

export function recipeRoutes({ presets, schema }: Recipes, datasets: ListDatasets): Router {
  const router = Router();
  mount(router, operations.listRecipes, ({ response }) => {
    response.set('Cache-Control', 'no-cache').json({ presets, schema });
  });
  mount(router, operations.listDatasets, async ({ response }) => {
    const sets = await datasets();
    response.set('Cache-Control', 'no-cache');
    response.json({ datasets: sets.map(({ folder: _, ...entry }) => entry) });
  });
  return router;
}
