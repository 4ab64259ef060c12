import type { z } from 'zod';
import { criteria, type Criterion } from './criteria.js';
import type { pruneSchema } from './schema.js';

type Prune = z.output<typeof pruneSchema>;

/** Scopes that find the sparsity of each layer themselves. */
const SHARING: ReadonlySet<string> = new Set(['global', 'erk', 'lamp', 'sensitivity', 'latency']);

/**
 * Why `prune` makes no sense, as `recipe.prune.key: expected ..., got ...`; undefined where it does.
 *
 * @param trains whether the recipe recovers
 */
export function pruneContradiction(prune: Prune, trains: boolean): string | undefined {
  if (prune.criterion === 'movement' && !trains)
    return 'recipe.prune.criterion: expected one that needs no training without recover, got "movement"; add recover';
  return (
    updateContradiction(prune) ??
    unitContradiction(prune) ??
    patternContradiction(prune) ??
    latencyContradiction(prune) ??
    sparsityContradiction(prune)
  );
}

function unitContradiction({
  criterion,
  unit = 'element',
  block,
  blocks,
  pattern,
  scope,
}: Prune): string | undefined {
  const { ofOutputs }: Criterion = criteria[criterion];
  if (ofOutputs && unit !== 'neuron')
    return `recipe.prune.unit: expected "neuron" with criterion "${criterion}", which gives all weights of an output one score, got "${unit}"`;
  if (blocks && (unit === 'neuron' || pattern))
    return `recipe.prune.blocks: expected none with ${pattern ? `pattern ${pattern.join(':')}` : 'unit "neuron"'}, got ${JSON.stringify(blocks)}`;
  if (blocks && (scope === 'global' || scope === 'lamp'))
    return `recipe.prune.blocks: expected none with scope "${scope}", which counts units of all layers together; use "layer"`;
  if (unit === 'neuron' && `${block}` !== '1,1')
    return `recipe.prune.block: expected none with unit "neuron", got [${block}]`;
  return undefined;
}

function patternContradiction({ pattern, unit, block, scope, sparsity }: Prune): string | undefined {
  if (!pattern) return undefined;
  const name = pattern.join(':');
  if (unit === 'neuron') return `recipe.prune.unit: expected "element" with pattern ${name}, got "neuron"`;
  if (`${block}` !== '1,1') return `recipe.prune.block: expected none with pattern ${name}, got [${block}]`;
  if (scope !== 'layer')
    return `recipe.prune.scope: expected "layer" with pattern ${name}, which is as sparse everywhere, got "${scope}"`;
  if (sparsity !== undefined)
    return `recipe.prune.sparsity: expected none with pattern ${name}, which says it, got ${JSON.stringify(sparsity)}`;
  return undefined;
}

function latencyContradiction({ scope, latency, sparsity }: Prune): string | undefined {
  if (scope !== 'latency')
    return latency && `recipe.prune.latency: expected none with scope "${scope}"; use scope "latency"`;
  if (!latency || (latency.ms === undefined) === (latency.ratio === undefined))
    return `recipe.prune.latency: expected { ms } or { ratio } with scope "latency", got ${JSON.stringify(latency ?? null)}`;
  if (sparsity !== undefined)
    return `recipe.prune.sparsity: expected none with scope "latency", which finds it, got ${JSON.stringify(sparsity)}`;
  return undefined;
}

function sparsityContradiction({ pattern, scope, sparsity }: Prune): string | undefined {
  if (sparsity === undefined)
    return pattern || scope === 'latency'
      ? undefined
      : 'recipe.prune.sparsity: expected a number in [0, 1), got nothing';
  if (SHARING.has(scope) && typeof sparsity === 'object')
    return `recipe.prune.sparsity: expected one number with scope "${scope}", got one for each layer; use scope "layer"`;
  return undefined;
}

function updateContradiction({ update, criterion, scope }: Prune): string | undefined {
  if (!update || update.method === 'solve') return undefined;
  if (criterion !== 'magnitude')
    return `recipe.prune.criterion: expected none with update method "${update.method}", which finds the masks itself, got "${criterion}"; use method "solve" to keep the criterion's`;
  if (scope === 'output' && update.method === 'sparsegpt')
    return 'recipe.prune.scope: expected one of whole layers with update method "sparsegpt", got "output"; use method "obs"';
  return undefined;
}
