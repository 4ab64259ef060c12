import { elements, type Graph } from '../../graph/index.js';
import { getOp } from '../../ops/table.js';
import { matchLayers, type Layer } from '../pattern.js';
import { criteria, type CriterionName, type Scored } from './criteria.js';
import { cutMasks } from './cut.js';
import { erkSparsities } from './erk.js';
import type { Granularity } from './units.js';

/**
 * Among which units a cut chooses, and so how layers share the sparsity:
 * - `layer`: each layer by itself, to its own sparsity;
 * - `output`: each row of units (an output's, or a row of blocks) by itself;
 * - `global`: all layers together, scores as they are;
 * - `erk`: each layer by itself, sparsities by Erdos-Renyi-Kernel;
 * - `lamp`: each layer by itself, sparsities as LAMP finds them for the weights' squares;
 * - `sensitivity`: each layer by itself, sparsities that a scan finds to hurt least;
 * - `latency`: as `sensitivity`, but as fast as asked instead of as sparse.
 */
export const SCOPES = ['layer', 'output', 'global', 'erk', 'lamp', 'sensitivity', 'latency'] as const;
export type Scope = (typeof SCOPES)[number];

/** What to prune and how far: the recipe's `prune` without its schedule. */
export interface PruneOptions extends Granularity {
  criterion: CriterionName;
  /** Training samples that the criterion looks at. Default 512. */
  samples?: number;
  scope: Scope;
  /** One number, or one for each layer pattern (first match; scopes `layer` and `output`). Absent with `pattern` or `latency`. */
  sparsity?: number | Record<string, number>;
  /** Blocks of layers by pattern, instead of `block`; first match. */
  blocks?: Readonly<Record<string, readonly [number, number]>>;
  /** For scope `latency`, one inference: `ms`, or `ratio` times as fast as dense. */
  latency?: { ms?: number; ratio?: number };
  /** Patterns of layers kept dense. */
  dense: string[];
}

/** A kernel that is pruned. */
export interface PruneTarget {
  /** The first node that uses it, and its operator. */
  layer: string;
  op: string;
  weight: string;
  /** Final fraction of units that go; where the scope shares it among layers that of all targets together. */
  sparsity: number;
  /** Its own; absent: as the options say. */
  block?: readonly [number, number];
}

/**
 * The prunable kernels that the options select; biases and depthwise kernels never are, nor, where whole outputs go, what gives the
 * network's outputs.
 *
 * @throws RangeError where a pattern fits no layer, or nothing is left to prune
 */
export function pruneTargets(graph: Graph, options: PruneOptions): PruneTarget[] {
  const kernels = prunableKernels(graph);
  const layers = kernels.map(({ layer, op }): Layer => ({ name: layer, op }));
  const dense = matchLayers('prune.dense', options.dense, layers);
  const classes = options.unit === 'neuron' ? classWeights(graph) : undefined;
  const sparsityOf = layerSparsities(options, layers);
  const blocks = matchLayers('prune.blocks', Object.keys(options.blocks ?? {}), layers);
  const targets = kernels
    .filter(({ layer, weight }) => !dense.has(layer) && !classes?.has(weight))
    .map((kernel) => ({ ...kernel, sparsity: sparsityOf(kernel.layer) }))
    .map((target) => withBlock(target, options.blocks?.[blocks.get(target.layer)!]))
    .filter(({ sparsity }) => sparsity > 0);
  if (targets.length === 0)
    throw new RangeError('prune: expected at least one layer to prune, got none; check dense and sparsity');
  return options.scope === 'erk' ? withErk(graph, targets) : targets;
}

function withBlock(target: PruneTarget, block: PruneTarget['block']): PruneTarget {
  return block ? { ...target, block } : target;
}

/** Kernels that pruning may touch, a shared one once, under the name of the first node that uses it. */
export function prunableKernels(graph: Graph): Omit<PruneTarget, 'sparsity'>[] {
  const found = new Map<string, Omit<PruneTarget, 'sparsity'>>();
  for (const node of graph.nodes) {
    for (const role of getOp(node.op).prunable) {
      const weight = node.weights[role];
      if (weight !== undefined && !found.has(weight))
        found.set(weight, { layer: node.name, op: node.op, weight });
    }
  }
  return [...found.values()];
}

/** Kernels between which and the graph's outputs no other kernel lies: their outputs are classes. */
function classWeights(graph: Graph): Set<string> {
  const weights = new Set<string>();
  const needed = new Set(graph.outputs);
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    const kernels = getOp(node.op).prunable.flatMap((role) => node.weights[role] ?? []);
    if (kernels.length > 0) kernels.forEach((weight) => weights.add(weight));
    else node.inputs.forEach((input) => needed.add(input));
  }
  return weights;
}

function layerSparsities(
  { sparsity, pattern, scope }: PruneOptions,
  layers: readonly Layer[],
): (layer: string) => number {
  if (scope === 'latency') return () => 1;
  if (pattern) return () => 1 - pattern[0] / pattern[1];
  if (typeof sparsity !== 'object') return () => sparsity ?? 0;
  const fitting = matchLayers('prune.sparsity', Object.keys(sparsity), layers);
  return (layer) => sparsity[fitting.get(layer)!] ?? 0;
}

/** Each target with its own sparsity; layers that become dense are no targets. */
function withErk(graph: Graph, targets: PruneTarget[]): PruneTarget[] {
  const shapes = targets.map(({ weight }) => graph.weights.get(weight)!.shape);
  const sparsities = erkSparsities(shapes, targets[0].sparsity);
  return targets
    .map((target, i) => ({ ...target, sparsity: sparsities[i] }))
    .filter(({ sparsity }) => sparsity > 0);
}

/** Weights of a target. */
export function sizeOf(graph: Graph, { weight }: Pick<PruneTarget, 'weight'>): number {
  return elements(graph.weights.get(weight)!.shape);
}

/** Masks (1 keeps) of all targets, in their order, at `progress` in [0, 1] of the final sparsity; of criteria without evidence. */
export function targetMasks(
  targets: readonly PruneTarget[],
  kernels: readonly Scored[],
  options: PruneOptions,
  progress: number,
): Uint8Array[] {
  const sparsities = targets.map((target) => target.sparsity * progress);
  const sparsity = options.scope === 'global' ? sparsities[0] : sparsities;
  return cutMasks(kernels, options, criteria[options.criterion], { sparsity, progress });
}
