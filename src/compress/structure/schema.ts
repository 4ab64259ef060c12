import type { z } from 'zod';
import { criteria, type CriterionName } from '../prune/index.js';
import { sparsity } from '../prune/schema.js';
import { choice, count, patterns, strict, value } from '../schema.js';

const part = value<number>('a number in (0, 1)', (n) => n > 0 && n < 1);

const channels = strict({
  /** `surgeon`: the error of the layers behind, which is never by weights. */
  criterion: choice('surgeon', ...(Object.keys(criteria) as CriterionName[])).default('l2'),
  /** Training samples that the criterion looks at. */
  samples: count(1).default(512),
  /** Weights that count: what makes a channel, or also what reads it. */
  weights: choice('filters', 'all').default('all'),
  reduce: choice('sum', 'mean', 'max').default('mean'),
  normalize: choice('none', 'mean', 'max').default('mean'),
  scope: choice('layer', 'global').default('layer'),
  /** With scope `global`: scores by what a channel costs. */
  per: choice('unit', 'mac', 'param').default('unit'),
  /** One of these: fraction of the channels that goes, of the multiply-adds or the weights that stays. */
  sparsity: sparsity.optional(),
  macs: part.optional(),
  params: part.optional(),
  /** What is left of a layer is a multiple of this. */
  multiple: count(1).default(1),
  minimum: count(1).default(1),
  dense: patterns,
  /** Scores are found anew after each part of the way. */
  rounds: count(1).default(1),
  /** Layers that read fewer channels are solved anew, on so many training samples. */
  reconstruct: strict({ samples: count(1).default(256) }).optional(),
});

const layers = strict({
  /** Names of blocks and layers that go, or `type:dropout`. */
  remove: patterns,
  /** How many go besides, those that matter least first. */
  count: count(0).default(0),
  criterion: choice('similarity', 'divergence', 'loss').default('similarity'),
  samples: count(1).default(256),
  /** Names of blocks and layers that stay. */
  dense: patterns,
});

/** `structure` in a recipe: channels and layers that are taken out of the network. Layers go first. */
export const structureSchema = strict({ layers: layers.optional(), channels: channels.optional() });

export type StructureOptions = z.output<typeof structureSchema>;
export type ChannelOptions = z.output<typeof channels>;
export type LayerOptions = z.output<typeof layers>;

/** What of `structure` does not go together; undefined where all does. */
export function structureContradiction({
  channels: each,
  layers: whole,
}: StructureOptions): string | undefined {
  const at = 'recipe.structure';
  if (!each && !whole) return `${at}: expected channels or layers, got neither; leave structure out`;
  if (whole && whole.count === 0 && whole.remove.length === 0)
    return `${at}.layers: expected a count, or names to remove, got neither`;
  return each && channelsContradiction(`${at}.channels`, each);
}

function channelsContradiction(at: string, options: ChannelOptions): string | undefined {
  const { criterion, scope, per } = options;
  const targets = (['sparsity', 'macs', 'params'] as const).filter((key) => options[key] !== undefined);
  if (targets.length !== 1)
    return `${at}: expected one of sparsity, macs and params, got ${targets.join(' and ') || 'none'}`;
  if (scope === 'global' && typeof options.sparsity === 'object')
    return `${at}.sparsity: expected one number with scope "global", got one for each layer; use scope "layer"`;
  if (scope === 'layer' && per !== 'unit')
    return `${at}.per: expected "unit" with scope "layer", whose layers do not compete, got "${per}"; use scope "global"`;
  if (criterion === 'movement')
    return `${at}.criterion: expected one that needs no training, got "movement"; channels go before it`;
  if (criterion === 'lamp')
    return `${at}.criterion: expected one of channels, got "lamp", which ranks elements; use "l2" with scope "global"`;
  return undefined;
}
