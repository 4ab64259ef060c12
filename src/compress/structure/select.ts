import { matchLayers, type Layer } from '../pattern.js';
import { countMacs } from '../../ops/macs.js';
import type { Graph } from '../../graph/index.js';
import type { UnitGroup } from './groups.js';
import { removeUnits } from './remove.js';
import type { Units } from './units.js';

/** Which units go, and how many. One of `sparsity`, `macs` and `params` is there. */
export interface SelectOptions {
  /** Each group loses the same part of its units, or the lowest scores of all groups go. */
  scope: 'layer' | 'global';
  /** Fraction of the units that goes: one number, or one for each layer pattern (first match). */
  sparsity?: number | Record<string, number>;
  /** Fraction of the multiply-adds that stays. */
  macs?: number;
  /** Fraction of the weights that stays. */
  params?: number;
  /** What is left of a group is a multiple of this, where it has as many. */
  multiple: number;
  /** Least that is left of a group. */
  minimum: number;
  /** With scope `global`: scores are by the multiply-adds or the weights that a unit of the group costs. */
  per: 'unit' | 'mac' | 'param';
}

/** A group with the scores of its units. */
export interface ScoredGroup extends UnitGroup {
  scores: Float64Array;
  /** Units that it had before any went. */
  total: number;
}

/**
 * The groups none of whose layers fits a pattern of `dense`.
 *
 * @throws RangeError where a pattern fits no layer, or no group is left
 */
export function openGroups(
  graph: Graph,
  groups: readonly UnitGroup[],
  dense: readonly string[],
): UnitGroup[] {
  const closed = matchLayers('structure.channels.dense', dense, layersOf(graph, groups));
  const open = groups.filter(({ layers }) => !layers.some((layer) => closed.has(layer)));
  if (open.length > 0) return open;
  throw new RangeError(
    'structure.channels: expected at least one layer whose channels may go, got none; check dense',
  );
}

function layersOf({ nodes }: Graph, groups: readonly UnitGroup[]): Layer[] {
  const names = new Set(groups.flatMap(({ layers }) => layers));
  return nodes.filter(({ name }) => names.has(name));
}

/**
 * The units to take out: the lowest scores, as many as the options say; with a target of multiply-adds or weights no more than it
 * takes to reach it.
 *
 * @param cost `macs` or `params` of the whole network that a target is a fraction of
 * @throws RangeError where the target is out of reach
 */
export function selectUnits(
  units: Units,
  groups: readonly ScoredGroup[],
  options: SelectOptions,
  cost: number,
): Set<number> {
  const { scope, sparsity, per } = options;
  if (sparsity !== undefined) return atSparsity(units.graph, groups, sparsity, options);
  const measure = measureOf(options);
  const most = (options.macs ?? options.params)! * cost;
  const price = (group: UnitGroup): number => (per === 'unit' ? 1 : priceOf(units, group, options));
  const ranked = scope === 'global' ? byScore(groups, price) : [];
  const cut = (level: number): Set<number> =>
    scope === 'global'
      ? lowest(groups, ranked, level, options)
      : atSparsity(units.graph, groups, level / LEVELS, options);
  const levels = scope === 'global' ? ranked.length : LEVELS;
  const costAt = (level: number): number => measure(removeUnits(units, cut(level)));
  if (costAt(levels) > most) throw outOfReach(options, costAt(levels) / cost);
  let [low, high] = [0, levels];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (costAt(middle) <= most) high = middle;
    else low = middle + 1;
  }
  return cut(high);
}

/** Steps of sparsity that a target with scope `layer` is searched in. */
const LEVELS = 1024;

function outOfReach({ macs, params }: SelectOptions, least: number): RangeError {
  const key = macs === undefined ? 'params' : 'macs';
  return new RangeError(
    `structure.channels.${key}: expected a fraction that can be reached, at least ${least.toFixed(4)} here, ` +
      `got ${macs ?? params}; lower minimum, or leave fewer layers dense`,
  );
}

/** Multiply-adds of a graph, or its weights, as the target counts. */
export function measureOf({ params }: SelectOptions): (graph: Graph) => number {
  return params === undefined ? (graph) => countMacs(graph).macs : countParameters;
}

function countParameters({ weights }: Graph): number {
  return [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
}

function atSparsity(
  graph: Graph,
  groups: readonly ScoredGroup[],
  sparsity: number | Record<string, number>,
  options: SelectOptions,
): Set<number> {
  if (options.scope === 'global') {
    const ranked = byScore(groups, () => 1);
    const total = groups.reduce((sum, group) => sum + group.total, 0);
    const kept = Math.round(total * (1 - (sparsity as number)));
    return lowest(groups, ranked, ranked.length - kept, options);
  }
  const each = sparsityOf(graph, groups, sparsity);
  const counts = groups.map(({ total }, i) => total * (1 - each[i]));
  return keepBest(groups, counts, options);
}

function sparsityOf(
  graph: Graph,
  groups: readonly ScoredGroup[],
  sparsity: number | Record<string, number>,
): number[] {
  if (typeof sparsity === 'number') return groups.map(() => sparsity);
  const found = matchLayers('structure.channels.sparsity', Object.keys(sparsity), layersOf(graph, groups));
  return groups.map(({ layers }) => {
    const layer = layers.find((name) => found.has(name));
    return layer === undefined ? 0 : sparsity[found.get(layer)!];
  });
}

/** A unit of a group, as it competes with those of other groups. */
interface Ranked {
  group: number;
  score: number;
}

/** All units, those that go first first. */
function byScore(groups: readonly ScoredGroup[], priceOfUnit: (group: UnitGroup) => number): Ranked[] {
  const ranked = groups.flatMap((group, index) => {
    const price = priceOfUnit(group);
    return Array.from(group.scores, (score) => ({ group: index, score: score / price }));
  });
  return ranked.sort((a, b) => a.score - b.score);
}

/** What one unit of the group costs. */
function priceOf(
  units: Units,
  { units: [first, second] }: UnitGroup,
  { per, ...options }: SelectOptions,
): number {
  if (second === undefined) return 1;
  const measure = measureOf({ ...options, per, params: per === 'param' ? 1 : undefined });
  return measure(units.graph) - measure(removeUnits(units, new Set([first])));
}

/** The first `count` of `ranked` go. */
function lowest(
  groups: readonly ScoredGroup[],
  ranked: readonly Ranked[],
  count: number,
  options: SelectOptions,
): Set<number> {
  const counts = groups.map(({ units }) => units.length);
  for (const { group } of ranked.slice(0, Math.max(0, count))) counts[group]--;
  return keepBest(groups, counts, options);
}

/** All units but about `counts` of each group: the best ones, in multiples, at least the minimum. */
function keepBest(
  groups: readonly ScoredGroup[],
  counts: readonly number[],
  { multiple, minimum }: SelectOptions,
): Set<number> {
  const least = Math.ceil(Math.max(1, minimum) / multiple) * multiple;
  const removed = groups.flatMap(({ units, scores }, group) => {
    const kept = Math.max(least, Math.round(counts[group] / multiple) * multiple);
    const order = units.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
    return order.slice(kept).map((i) => units[i]);
  });
  return new Set(removed);
}
