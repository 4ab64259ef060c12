import { type Graph } from '../../graph/index.js';
import { matches } from '../pattern.js';
import { pruneTargets } from '../prune/index.js';
import type { Genes } from './evolution.js';
import { SearchError, type Space } from './schema.js';

/** What may be chosen of a layer. */
export type LayerKey = 'sparsity' | 'precision' | 'block';
const LAYER_KEYS: readonly LayerKey[] = ['sparsity', 'precision', 'block'];

/** One thing to choose. */
export interface Dimension {
  /** For people: `conv.sparsity`, or the path in the recipe. */
  name: string;
  choices: readonly unknown[];
  /** Absent: `key` is a path in the recipe. */
  layer?: string;
  key: string;
}

/** A recipe as JSON, not yet parsed. */
export type RecipeJson = Record<string, unknown>;

/** Names of the layers that have prunable kernels. */
export function prunableLayers(graph: Graph): string[] {
  return pruneTargets(graph, prunesAll).map(({ layer }) => layer);
}

const prunesAll = {
  criterion: 'magnitude' as const,
  block: [1, 1] as [number, number],
  scope: 'layer' as const,
  sparsity: 0.5,
  dense: [],
};

/**
 * The dimensions of a space over a network's layers, layer by layer, then the recipe's.
 *
 * @throws SearchError where a pattern fits no layer
 */
export function dimensionsOf(space: Space, layers: readonly string[]): Dimension[] {
  for (const pattern of Object.keys(space.layers))
    if (!layers.some((layer) => matches(pattern, layer)))
      throw new SearchError(
        `search.space.layers: expected patterns of ${layers.join(', ')}, got "${pattern}"`,
      );
  const perLayer = layers.flatMap((layer) => {
    const found = Object.entries(space.layers).find(([pattern]) => matches(pattern, layer));
    return LAYER_KEYS.flatMap((key) => {
      const choices = found?.[1][key];
      return choices ? [{ name: `${layer}.${key}`, choices, layer, key }] : [];
    });
  });
  const knobs = Object.entries(space.recipe).map(([key, choices]) => ({ name: key, choices, key }));
  return [...perLayer, ...knobs];
}

/** The base recipe with what the genes choose. */
export function recipeOf(base: RecipeJson, dimensions: readonly Dimension[], genes: Genes): RecipeJson {
  const recipe = structuredClone(base);
  dimensions.forEach(({ layer, key, choices }, i) => {
    const choice = structuredClone(choices[genes[i]]);
    if (layer === undefined) setPath(recipe, key, choice);
    else setLayer(recipe, layer, key as LayerKey, choice);
  });
  return recipe;
}

/** `{conv.sparsity: 0.8, lr: 0.01}` by dimension, for reports. */
export function describeGenes(dimensions: readonly Dimension[], genes: Genes): Record<string, unknown> {
  return Object.fromEntries(dimensions.map(({ name, choices }, i) => [name, choices[genes[i]]]));
}

/** Adds a layer's own value to those of a map by layer pattern. */
function setLayer(recipe: RecipeJson, layer: string, key: LayerKey, choice: unknown): void {
  if (key === 'precision') {
    const others = getPath(recipe, 'quantize.layers') as object | undefined;
    setPath(recipe, 'quantize.layers', { ...others, [layer]: choice }); // the last that fits counts
  } else setFirst(recipe, key === 'block' ? 'prune.blocks' : 'prune.sparsity', layer, choice);
}

/** The first that fits counts; one value for all layers becomes that of the layers not named. */
function setFirst(recipe: RecipeJson, path: string, layer: string, choice: unknown): void {
  const there = getPath(recipe, path);
  const isMap = typeof there === 'object' && there !== null && !Array.isArray(there);
  const others = isMap ? there : there === undefined ? {} : { '*': there };
  setPath(recipe, path, { [layer]: choice, ...(others as object) });
}

export function getPath(recipe: RecipeJson, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], recipe);
}

/** Sets a value, making the objects on the way; null and values on the way are replaced. */
export function setPath(recipe: RecipeJson, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let at = recipe;
  for (const key of keys) {
    if (typeof at[key] !== 'object' || at[key] === null) at[key] = {};
    at = at[key] as RecipeJson;
  }
  at[last] = value;
}
