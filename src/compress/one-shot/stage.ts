import { copyGraph, type Graph } from '../../graph/index.js';
import { lampSparsities, Pruner, pruneTargets, type PruneTarget } from '../prune/index.js';
import type { Recipe } from '../recipe.js';
import type { Stage, StageContext } from '../stage.js';
import { reestimateBatchNorm } from './batch-norm.js';
import { correctBiases } from './bias.js';
import { pruneOneShot, type OneShotOptions } from './prune.js';

/** Prunes without training, where the recipe says `prune.update`. */
export const oneShotStage: Stage = {
  name: 'one-shot',
  applies: ({ prune }) => Boolean(prune?.update),
  run: async (work, context) => ({ ...work, graph: await prune(work.graph, context) }),
};

async function prune(graph: Graph, { recipe, data, onProgress, signal }: StageContext): Promise<Graph> {
  const { seed, preprocessing } = recipe;
  const options = recipe.prune!;
  const { method, ...update } = options.update!;
  const isScanned = scopeOf(options.scope, method) === 'sensitivity';
  const pruner = isScanned
    ? undefined
    : await Pruner.prepare(graph, options, { data, seed, preprocessing, signal });
  const masks = method === 'solve' ? await pruner?.masks(graph) : undefined;
  const targets = pruner?.targets ?? pruneTargets(graph, options);
  return pruneOneShot(graph, shared(graph, targets, options), data, {
    ...update,
    method,
    masks,
    unit: options.unit,
    block: options.block,
    pattern: options.pattern,
    scope: scopeOf(options.scope, method),
    seed,
    preprocessing,
    onProgress: (done, total) => onProgress?.({ phase: 'one-shot', done, total }),
    signal,
  });
}

type Prune = NonNullable<Recipe['prune']>;

/** Other scopes are layers with sparsities of their own by now; so is `sensitivity` where a criterion chooses the masks. */
function scopeOf(scope: Prune['scope'], method: OneShotOptions['method']): OneShotOptions['scope'] {
  if (scope === 'sensitivity') return method === 'solve' ? 'layer' : scope;
  return scope === 'global' || scope === 'output' ? scope : 'layer';
}

/** Scope `lamp` finds the layers' sparsities when it cuts: here. */
function shared(graph: Graph, targets: readonly PruneTarget[], options: Prune): readonly PruneTarget[] {
  if (options.scope !== 'lamp') return targets;
  const kernels = targets.map(({ weight }) => {
    const { shape, data } = graph.weights.get(weight)!;
    return { shape, values: data as Float32Array };
  });
  const sparsities = lampSparsities(kernels, options, targets[0].sparsity);
  return targets.map((target, i) => ({ ...target, sparsity: sparsities[i] }));
}

/** Puts statistics right that pruning moved, where the recipe says `correct`. */
export const correctStage: Stage = {
  name: 'correct',
  applies: ({ correct }) => Boolean(correct?.batchNorm ?? correct?.bias),
  async run(work, { recipe, data, source, onProgress, signal }) {
    const { batchNorm, bias } = recipe.correct!;
    const { seed, preprocessing } = recipe;
    const report = (done: number, total: number): void => onProgress?.({ phase: 'correct', done, total });
    const options = { seed, preprocessing, onProgress: report, signal };
    let graph = copyGraph(work.graph);
    if (batchNorm) graph = await reestimateBatchNorm(graph, data, { ...options, ...batchNorm });
    if (bias) graph = await correctBiases(graph, source, data, { ...options, ...bias });
    return { ...work, graph };
  },
};
