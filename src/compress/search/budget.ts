import { getPath, setPath, type RecipeJson } from './space.js';

/** Parts of a recipe in which training is spoken of, and the keys there that count in epochs. */
const PARTS = ['recover', 'prune.schedule', 'quantize.train'];
const IN_EPOCHS = new Set(['epochs', 'epoch', 'begin', 'end', 'warmup', 'every', 'restart']);

export interface Budget {
  /** Of recovery. */
  epochs?: number;
  /** Values by path, set last. */
  set: Record<string, unknown>;
}

/** A recipe for a shorter (or longer) training: all that counts in epochs is scaled as `recover.epochs` is. */
export function withBudget(recipe: RecipeJson, { epochs, set }: Budget): RecipeJson {
  const changed = structuredClone(recipe);
  const full = getPath(recipe, 'recover.epochs');
  if (epochs !== undefined && typeof full === 'number')
    for (const part of PARTS) {
      const there = getPath(recipe, part);
      if (there !== undefined) setPath(changed, part, scaled(there, epochs / full));
    }
  for (const [path, value] of Object.entries(set)) setPath(changed, path, structuredClone(value));
  return changed;
}

function scaled(value: unknown, factor: number, key?: string): unknown {
  if (typeof value === 'number') return key !== undefined && IN_EPOCHS.has(key) ? value * factor : value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, scaled(each, factor, name)]));
}
