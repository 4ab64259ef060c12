import { layerMs } from '../cost.js';
import type { Genes } from './evolution.js';
import { selections, type Option, type Selection } from './knapsack.js';
import type { Session, TrialRecord } from './session.js';
import { setPath, type Dimension, type RecipeJson } from './space.js';
import type { TrialResult } from './trial.js';

/** A layer's dimensions: positions in the session's list. */
interface LayerAxes {
  layer: string;
  axes: number[];
  /** Every combination of its choices. */
  combinations: Genes[];
}

/** One layer's options, as the knapsack takes them. */
export interface LayerCurve {
  layer: string;
  /** Choices by key, and what they cost. */
  options: (Option & { choices: Record<string, unknown> })[];
}

/** How much each layer suffers by itself, and the best selections of all layers together. */
export interface Sensitivity {
  curves: LayerCurve[];
  /** By ascending cost, as genes. */
  front: (Omit<Selection, 'choice'> & { genes: Genes })[];
}

/**
 * Sensitivity of each layer (Li et al. 2017): compressed alone, untrained, by each combination of its choices; then the selections for
 * every budget at once, taking the losses as additive (Dong et al. 2019, HAWQ). Dimensions of the recipe keep their first choice.
 */
export async function scanSensitivity(session: Session): Promise<Sensitivity> {
  const layers = layersOf(session.dimensions);
  const jobs = layers.flatMap((layer) => layer.combinations.map((genes) => ({ layer, genes })));
  const recipes = jobs.map(({ layer, genes }) => probeRecipe(session, layer, genes));
  const [whole, ...results] = await session.probes([wholeRecipe(session.search.recipe), ...recipes]);
  if (!whole) throw new RangeError(`search: expected the base recipe to work, got: ${session.failures[0]}`);
  let next = 0;
  const curves = layers.map((layer) => {
    const own = results.slice(next, (next += layer.combinations.length));
    return curveOf(session, layer, own, whole);
  });
  const found = selections(curves.map(({ options }) => options));
  if (found.length === 0)
    throw new RangeError(`search: expected options that work for each layer, got: ${session.failures[0]}`);
  const front = found.map(({ cost, loss, choice }) => ({
    cost: cost + session.goal.costOf(whole),
    loss,
    genes: genesOf(session.dimensions, layers, choice),
  }));
  return { curves, front };
}

/** Short trainings along the front: half of them spread over it, the others where the bound is crossed. */
export async function searchAlong(session: Session, { front }: Sensitivity, trials: number): Promise<void> {
  const first = await runSpread(session, front, 0, front.length - 1, Math.ceil(trials / 2));
  const holds = first.map(({ record }) => session.fitness(record).violation === 0);
  const ascending = session.goal.leastAccuracy !== undefined;
  const good = ascending ? holds.indexOf(true) : holds.lastIndexOf(true);
  const bad = ascending ? good - 1 : good + 1;
  const at = (i: number): number => first[Math.max(0, Math.min(first.length - 1, i))].at;
  const [low, high] = good < 0 ? [0, front.length - 1] : [at(good), at(bad)].sort((a, b) => a - b);
  await runSpread(session, front, low, high, Math.floor(trials / 2));
}

async function runSpread(
  session: Session,
  front: Sensitivity['front'],
  from: number,
  to: number,
  count: number,
): Promise<{ at: number; record: TrialRecord | undefined }[]> {
  const tried = new Set(session.records.map(({ genes }) => `${genes}`));
  const places = spread(
    front.map(({ cost }) => cost),
    from,
    to,
    count,
  ).filter((at) => !tried.has(`${front[at].genes}`));
  const records = await session.trials(places.map((at) => front[at].genes));
  return places.map((at, i) => ({ at, record: records[i] }));
}

/** Up to `count` indices in `from..to` whose costs are nearest to evenly spread ones; both ends are in. */
export function spread(costs: readonly number[], from: number, to: number, count: number): number[] {
  const found = new Set<number>();
  for (let i = 0; i < count; i++) {
    const wanted = costs[from] + ((costs[to] - costs[from]) * i) / Math.max(1, count - 1);
    let best = from;
    for (let at = from; at <= to; at++)
      if (Math.abs(costs[at] - wanted) < Math.abs(costs[best] - wanted)) best = at;
    found.add(best);
  }
  return [...found].sort((a, b) => a - b);
}

function layersOf(dimensions: readonly Dimension[]): LayerAxes[] {
  const names = [...new Set(dimensions.flatMap(({ layer }) => layer ?? []))];
  return names.map((layer) => {
    const axes = dimensions.flatMap((dimension, i) => (dimension.layer === layer ? [i] : []));
    const combinations = axes.reduce<Genes[]>(
      (all, axis) => all.flatMap((genes) => dimensions[axis].choices.map((_, choice) => [...genes, choice])),
      [[]],
    );
    return { layer, axes, combinations };
  });
}

/** A copy without some keys. */
function without(object: RecipeJson, ...keys: string[]): RecipeJson {
  return Object.fromEntries(Object.entries(structuredClone(object)).filter(([key]) => !keys.includes(key)));
}

/** The base recipe without training: nothing pruned, 8 bits. */
function wholeRecipe(base: RecipeJson): RecipeJson {
  const recipe = without(base, 'recover', 'prune', 'structure');
  if (!recipe.quantize) return recipe;
  const quantize = without(recipe.quantize as RecipeJson, 'layers', 'train');
  const weights = without((quantize.weights ?? {}) as RecipeJson, 'codebook');
  return { ...recipe, quantize: { ...quantize, weights: { ...weights, bits: 8 } } };
}

/** One layer as its genes say, all else whole. */
function probeRecipe(session: Session, { layer, axes }: LayerAxes, genes: Genes): RecipeJson {
  const recipe = wholeRecipe(session.search.recipe);
  const choices = choicesOf(session.dimensions, axes, genes);
  if (choices.precision !== undefined) setPath(recipe, 'quantize.layers', { [layer]: choices.precision });
  const { sparsity = 0, block } = choices as { sparsity?: number; block?: unknown };
  if (sparsity === 0) return recipe;
  const prune = without((session.search.recipe.prune ?? {}) as RecipeJson, 'schedule', 'dense');
  recipe.prune = { ...prune, scope: 'layer', sparsity: { [layer]: sparsity }, ...(block ? { block } : {}) };
  return recipe;
}

function choicesOf(
  dimensions: readonly Dimension[],
  axes: readonly number[],
  genes: Genes,
): Record<string, unknown> {
  return Object.fromEntries(
    axes.map((axis, i) => [dimensions[axis].key, dimensions[axis].choices[genes[i]]]),
  );
}

/** Options that failed cost so much that none other is worse. */
function curveOf(
  session: Session,
  { layer, axes, combinations }: LayerAxes,
  results: readonly (TrialResult | undefined)[],
  whole: TrialResult,
): LayerCurve {
  const options = combinations.map((genes, i) => {
    const result = results[i];
    const choices = choicesOf(session.dimensions, axes, genes);
    if (!result) return { cost: Infinity, loss: Infinity, choices };
    const loss = Math.max(0, whole.accuracy - result.accuracy);
    return { cost: costOf(session, layer, result, whole), loss, choices };
  });
  return { layer, options: monotone(options) };
}

/** Bytes or ms of one layer beyond those it has when it is whole. */
function costOf(session: Session, layer: string, result: TrialResult, whole: TrialResult): number {
  if (!session.goal.usesLatency) return result.bytes - whole.bytes;
  const ms = ({ forms }: TrialResult): number =>
    layerMs(
      session.costs!,
      forms.find((form) => form.layer === layer)!,
    );
  return ms(result) - ms(whole);
}

/** A sparser layer, all else equal, is not better: what says so is noise of the samples, and takes the loss of the less sparse one. */
function monotone(options: LayerCurve['options']): LayerCurve['options'] {
  return options.map((option) => {
    const denser = options.filter(
      ({ choices }) =>
        restOf(choices) === restOf(option.choices) && sparsityOf(choices) <= sparsityOf(option.choices),
    );
    return {
      ...option,
      loss: Math.max(...denser.map(({ loss }) => loss).filter(Number.isFinite), option.loss),
    };
  });
}

function sparsityOf(choices: Record<string, unknown>): number {
  return Number(choices.sparsity ?? 0);
}

/** All choices but the sparsity. */
function restOf({ sparsity: _, ...rest }: Record<string, unknown>): string {
  return JSON.stringify(rest);
}

function genesOf(
  dimensions: readonly Dimension[],
  layers: readonly LayerAxes[],
  choice: readonly number[],
): Genes {
  const genes: Genes = dimensions.map(() => 0);
  layers.forEach(({ axes, combinations }, i) => {
    axes.forEach((axis, k) => (genes[axis] = combinations[choice[i]][k]));
  });
  return genes;
}
