import type { Graph } from '../../graph/index.js';
import { unitGroups, type UnitGroup } from './groups.js';
import { unitScores, type ImportanceContext } from './importance.js';
import { reconstruct } from './reconstruct.js';
import { removeUnits } from './remove.js';
import type { ChannelOptions } from './schema.js';
import { measureOf, openGroups, selectUnits } from './select.js';
import { Units } from './units.js';

/**
 * A copy of the graph without the channels that matter least: score, select, take out, and where the options say so solve the layers
 * behind them anew; in as many rounds as they say, each with new scores.
 *
 * @param graph f32, cleaned up
 * @throws RangeError where a pattern fits no layer, or the target is out of reach
 */
export async function removeChannels(
  graph: Graph,
  options: ChannelOptions,
  context: ImportanceContext,
): Promise<Graph> {
  const { rounds, dense } = options;
  const cost = measureOf(options)(graph);
  const totals = new Map<string, number>();
  let smaller = graph;
  for (let round = 1; round <= rounds; round++) {
    const units = new Units(smaller);
    const groups = openGroups(smaller, unitGroups(units), dense);
    for (const group of groups) if (round === 1) totals.set(nameOf(group), group.units.length);
    const scores = await unitScores(units, groups, options, quiet(context));
    const scored = groups.map((group, i) => ({
      ...group,
      scores: scores[i],
      total: totals.get(nameOf(group))!,
    }));
    const removed = selectUnits(units, scored, atRound(options, round / rounds), cost);
    smaller = removeUnits(units, removed);
    if (options.reconstruct)
      smaller = await reconstruct(units, smaller, removed, context.data, {
        ...quiet(context),
        ...options.reconstruct,
      });
    context.onProgress?.(round, rounds);
  }
  return smaller;
}

/** Layers of a group keep their names from round to round; no two groups have the same axes, but they may have the same layers. */
function nameOf({ layers, axes }: UnitGroup): string {
  return JSON.stringify([layers, axes.map(({ weight, axis }) => [weight.name, axis])]);
}

/** Progress is of rounds. */
function quiet({ onProgress: _, ...context }: ImportanceContext): ImportanceContext {
  return context;
}

/** How far to go by the end of a round: what is left falls by the same factor each. */
function atRound(options: ChannelOptions, progress: number): ChannelOptions {
  const stays = (kept?: number): number | undefined => kept && kept ** progress;
  const goes = (sparsity: number): number => 1 - (1 - sparsity) ** progress;
  const { sparsity, macs, params } = options;
  const each =
    typeof sparsity === 'object'
      ? Object.fromEntries(Object.entries(sparsity).map(([pattern, one]) => [pattern, goes(one)]))
      : sparsity && goes(sparsity);
  return { ...options, sparsity: each, macs: stays(macs), params: stays(params) };
}
