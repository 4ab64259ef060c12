import type { Graph } from '../../graph/index.js';
import { getOp } from '../../ops/table.js';
import { checkPatterns, matches } from '../pattern.js';
import { criteria, type CriterionName } from './criteria.js';
import { cutMasks, type Kernel } from './mask.js';

/** What to prune and how far: the recipe's `prune` without its schedule. */
export interface PruneOptions {
  criterion: CriterionName;
  /** Outputs by inputs. */
  block: [number, number];
  scope: 'layer' | 'global';
  /** One number, or one for each layer pattern (first match; scope `layer` only). */
  sparsity: number | Record<string, number>;
  /** Layers kept dense. */
  dense: string[];
}

/** A kernel that is pruned. */
export interface PruneTarget {
  /** The first node that uses it. */
  layer: string;
  weight: string;
  /** Final fraction of blocks that go; with scope `global` that of all targets together. */
  sparsity: number;
}

/**
 * The prunable kernels that the options select; biases and depthwise kernels never are.
 *
 * @throws RangeError where a pattern fits no layer, or nothing is left to prune
 */
export function pruneTargets(graph: Graph, options: PruneOptions): PruneTarget[] {
  const layers = prunableKernels(graph);
  const names = layers.map(({ layer }) => layer);
  checkPatterns('prune.dense', options.dense, names);
  if (typeof options.sparsity === 'object')
    checkPatterns('prune.sparsity', Object.keys(options.sparsity), names);
  const targets = layers
    .filter(({ layer }) => !options.dense.some((pattern) => matches(pattern, layer)))
    .map(({ layer, weight }) => ({ layer, weight, sparsity: sparsityFor(layer, options.sparsity) }))
    .filter(({ sparsity }) => sparsity > 0);
  if (targets.length === 0)
    throw new RangeError('prune: expected at least one layer to prune, got none; check dense and sparsity');
  return targets;
}

function prunableKernels(graph: Graph): { layer: string; weight: string }[] {
  const found = new Map<string, { layer: string; weight: string }>();
  for (const node of graph.nodes) {
    for (const role of getOp(node.op).prunable) {
      const weight = node.weights[role];
      if (weight !== undefined && !found.has(weight)) found.set(weight, { layer: node.name, weight });
    }
  }
  return [...found.values()];
}

function sparsityFor(layer: string, sparsity: PruneOptions['sparsity']): number {
  if (typeof sparsity === 'number') return sparsity;
  return Object.entries(sparsity).find(([pattern]) => matches(pattern, layer))?.[1] ?? 0;
}

/** Masks (1 keeps) of all targets, in their order, at `progress` in [0, 1] of the final sparsity. */
export function targetMasks(
  targets: readonly PruneTarget[],
  kernels: readonly Kernel[],
  options: PruneOptions,
  progress: number,
): Uint8Array[] {
  const sparsities = targets.map((target) => target.sparsity * progress);
  const cut = options.scope === 'global' ? sparsities[0] : sparsities;
  return cutMasks(kernels, options.block, criteria[options.criterion], cut);
}
