/** The common keys of a recipe, read and set; what else a recipe says stays as it is. */
import type { Recipe } from './api.js';

type Json = Record<string, unknown>;

const part = (recipe: Recipe, key: string): Json | undefined => {
  const value = recipe[key];
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
};

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

export interface CommonKeys {
  /** Share of weights that go; null where the recipe gives one for each layer, or prunes nothing. */
  sparsity: number | null;
  /** `1x1`, `2x2`, ...: outputs by inputs. */
  block: string;
  epochs: number;
  type: 'int8' | 'f32';
}

export function commonKeys(recipe: Recipe): CommonKeys {
  const prune = part(recipe, 'prune');
  const block = prune?.['block'] as number[] | undefined;
  return {
    sparsity: numberOf(prune?.['sparsity']),
    block: (block ?? [1, 1]).join('x'),
    epochs: numberOf(part(recipe, 'recover')?.['epochs']) ?? 0,
    type: part(recipe, 'quantize') ? 'int8' : 'f32',
  };
}

export function withSparsity(recipe: Recipe, sparsity: number): Recipe {
  return { ...recipe, prune: { ...part(recipe, 'prune'), sparsity } };
}

export function withBlock(recipe: Recipe, block: string): Recipe {
  return { ...recipe, prune: { ...part(recipe, 'prune'), block: block.split('x').map(Number) } };
}

/** A schedule that would outlast the training ends with its first half. */
function inTime(prune: Json, epochs: number): Json {
  const schedule = part(prune, 'schedule');
  if (!schedule || !(Number(schedule['end']) > epochs)) return prune;
  return { ...prune, schedule: { ...schedule, end: Math.max(1, Math.ceil(epochs / 2)) } };
}

export function withEpochs(recipe: Recipe, epochs: number): Recipe {
  const { recover: _, ...rest } = recipe;
  const prune = part(recipe, 'prune');
  const timed = epochs > 0 && prune ? { ...rest, prune: inTime(prune, epochs) } : rest;
  return epochs > 0 ? { ...timed, recover: { ...part(recipe, 'recover'), epochs } } : timed;
}

/** @param before the recipe that had `quantize`, where it is to come back */
export function withType(recipe: Recipe, type: 'int8' | 'f32', before?: Recipe): Recipe {
  const { quantize: _, ...rest } = recipe;
  return type === 'f32'
    ? rest
    : { ...rest, quantize: part(recipe, 'quantize') ?? part(before ?? {}, 'quantize') ?? {} };
}
