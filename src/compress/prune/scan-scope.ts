import type { Graph } from '../../graph/index.js';
import { layerMs, networkMs, type LayerCosts, type LayerForm } from '../cost.js';
import { allocate } from './allocate.js';
import type { PruneContext } from './pruner.js';
import { sensitivityScan, type LayerScan } from './sensitivity.js';
import type { PruneOptions, PruneTarget } from './targets.js';
import { storedBlock, withBlock } from './units.js';

/** Where the options do not say. */
const SAMPLES = 512;
/** Sparsities that each layer is tried at, and some more around what is asked for. */
const SPARSITIES = [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98];

/**
 * Targets with the sparsities that a scan of each layer finds: together as sparse as asked (`sensitivity`), or as fast (`latency`). Layers
 * that stay dense are no targets.
 *
 * @throws RangeError where layers cannot be as fast as asked, or were not measured
 */
export async function scanned(
  graph: Graph,
  targets: readonly PruneTarget[],
  options: PruneOptions,
  context: PruneContext,
): Promise<PruneTarget[]> {
  const { samples = SAMPLES } = options;
  const { data, seed, preprocessing, onProgress, signal } = context;
  const scan = await sensitivityScan(graph, targets, data, {
    ...options,
    sparsities: sparsitiesAround(options.scope === 'latency' ? undefined : targets[0].sparsity),
    samples,
    seed,
    preprocessing,
    onProgress,
    signal,
  });
  const sparsities =
    options.scope === 'latency'
      ? byLatency(graph, targets, scan, options, await measured(graph, targets, options, context))
      : bySize(scan, targets);
  return targets
    .map((target, i) => ({ ...target, sparsity: sparsities[i] }))
    .filter(({ sparsity }) => sparsity > 0);
}

function sparsitiesAround(asked: number | undefined): number[] {
  const more = asked === undefined ? [0.99] : [asked, (1 + asked) / 2];
  return [...new Set([...SPARSITIES, ...more])].sort((a, b) => a - b);
}

/** The sparsities of the scanned layers, in their order, with which all of them together are as sparse as the targets ask and hurt least. */
export function bySize(scan: readonly LayerScan[], targets: readonly PruneTarget[]): number[] {
  const curves = scan.map(({ size, points }) =>
    points.map(({ sparsity, divergence }) => ({ sparsity, saved: sparsity * size, damage: divergence })),
  );
  const goal = targets[0].sparsity * scan.reduce((sum, { size }) => sum + size, 0);
  return allocate(curves, goal)!;
}

function byLatency(
  graph: Graph,
  targets: readonly PruneTarget[],
  scan: readonly LayerScan[],
  options: PruneOptions,
  costs: LayerCosts,
): number[] {
  const formOf = ({ layer, weight }: LayerScan, sparsity: number): LayerForm => {
    const target = targets.find((each) => each.weight === weight)!;
    return { layer, block: blockOf(graph, target, options), density: 1 - sparsity };
  };
  const savedAt = (layer: number, sparsity: number): number =>
    layerMs(costs, formOf(scan[layer], 0)) - layerMs(costs, formOf(scan[layer], sparsity));
  const curves = scan.map(({ points }, layer) =>
    points.map(({ sparsity, divergence }) => ({
      sparsity,
      saved: savedAt(layer, sparsity),
      damage: divergence,
    })),
  );
  const dense = networkMs(
    costs,
    scan.map((layer) => formOf(layer, 0)),
  );
  const budget = budgetOf(options, dense);
  const sparsities = allocate(curves, dense - budget, savedAt);
  if (sparsities) return sparsities;
  const least =
    dense - curves.reduce((sum, curve) => sum + Math.max(0, ...curve.map(({ saved }) => saved)), 0);
  throw new RangeError(
    `prune.latency: expected at least ${least.toFixed(3)} ms (dense ${dense.toFixed(3)}), got ${budget.toFixed(3)}; prune more layers, or allow more`,
  );
}

function blockOf(graph: Graph, { weight, block }: PruneTarget, options: PruneOptions): [number, number] {
  return storedBlock(graph.weights.get(weight)!.shape, withBlock(options, block));
}

async function measured(
  graph: Graph,
  targets: readonly PruneTarget[],
  options: PruneOptions,
  { layerCosts }: PruneContext,
): Promise<LayerCosts> {
  if (!layerCosts)
    throw new RangeError(
      'prune.scope: expected a way to measure layers with "latency", got none; give options.layerCosts',
    );
  const blocks = targets.map((target) => blockOf(graph, target, options));
  return layerCosts([...new Map(blocks.map((block) => [`${block}`, block])).values()]);
}

/** ms that the network may take. */
function budgetOf({ latency }: PruneOptions, dense: number): number {
  return latency!.ms ?? dense / latency!.ratio!;
}
