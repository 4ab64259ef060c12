import { getPath, setPath, type RecipeJson } from './space.js';

/** Places of a recipe that count in epochs of its recovery. */
const IN_EPOCHS = [
  'recover.learningRateSchedule.warmup',
  'recover.learningRateSchedule.every',
  'prune.schedule.begin',
  'prune.schedule.end',
];

export interface Budget {
  /** Of recovery. */
  epochs?: number;
  /** Values by path, set last. */
  set: Record<string, unknown>;
}

/** A recipe for a shorter (or longer) training: what counts in epochs is scaled with them. */
export function withBudget(recipe: RecipeJson, { epochs, set }: Budget): RecipeJson {
  const changed = structuredClone(recipe);
  const full = getPath(recipe, 'recover.epochs');
  if (epochs !== undefined && typeof full === 'number') {
    setPath(changed, 'recover.epochs', epochs);
    for (const path of IN_EPOCHS) {
      const at = getPath(recipe, path);
      if (typeof at === 'number') setPath(changed, path, (at * epochs) / full);
    }
  }
  for (const [path, value] of Object.entries(set)) setPath(changed, path, structuredClone(value));
  return changed;
}
