import { copyGraph, type Graph, type Node } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import { storedBlock, withBlock, type Granularity, type PruneTarget } from '../prune/index.js';
import { LayerProblems } from './layer-problems.js';
import { giveBackMeans, offsetOf } from './layers.js';
import { pruneByObs, pruneBySparseGpt, type LayerCut, type Pruned } from './masks.js';
import type { Moments } from './moments.js';
import { solveRows, type Problem } from './problem.js';
import { readSamples, type SampleOptions, type WorkOptions } from './samples.js';
import { sharedByLoss, sharedByScan } from './share.js';

export interface OneShotOptions extends SampleOptions, WorkOptions, Granularity {
  method: 'auto' | 'obs' | 'sparsegpt' | 'solve';
  /** Output pixels of a sample that are looked at. */
  pixels: number;
  /** Of the Hessian's mean diagonal, above 0. */
  damping: number;
  /** What layers read: in the network as it is pruned so far, or in the dense one. */
  inputs: 'pruned' | 'dense';
  /**
   * `layer`: each to its own sparsity; `output`: each row of units; `global`: one sparsity, shared by what removals cost; `sensitivity`:
   * shared by what pruning each layer alone does to the network's answer.
   */
  scope: 'layer' | 'output' | 'global' | 'sensitivity';
  /**
   * What scope `global` adds up: each layer's error in parts of its output's energy, or what errors change in the network's answer to
   * second order.
   */
  share: 'energy' | 'sensitivity';
  /** Masks of the targets, for `solve`. */
  masks?: readonly Uint8Array[];
}

/**
 * Prunes without training (Optimal Brain Compression, Frantar and Alistarh 2022): layer after layer, from what each reads after those
 * before it are pruned, the weights that go are those whose loss changes the layer's outputs least, and those that stay are the least
 * squares that bring its outputs nearest to the dense network's, means included. `graph` stays as it is.
 * @param graph f32, with batch norm or folded
 * @param targets kernels; depthwise ones too
 */
export async function pruneOneShot(
  graph: Graph,
  targets: readonly PruneTarget[],
  data: Dataset,
  options: OneShotOptions,
): Promise<Graph> {
  const isScanned = options.scope === 'sensitivity';
  const shared = isScanned ? await sharedByScan(graph, targets, data, options) : targets;
  const batches = await readSamples(data, options);
  return new OneShot(graph, shared, batches, options, isScanned ? targets.length : 0).run();
}

class OneShot {
  readonly #graph: Graph;
  readonly #options: OneShotOptions;
  readonly #problems: LayerProblems;
  readonly #masks = new Map<string, Uint8Array>();
  /** Visits to layers, of a scan too. */
  #done: number;
  readonly #total: number;

  constructor(
    graph: Graph,
    targets: readonly PruneTarget[],
    batches: readonly Float32Array[],
    options: OneShotOptions,
    done: number,
  ) {
    this.#graph = graph;
    this.#options = options;
    this.#problems = new LayerProblems(graph, targets, batches, options);
    const { count } = this.#problems;
    this.#done = done;
    this.#total = done + (options.scope === 'global' ? 2 : 1) * count;
    for (const [i, { weight }] of targets.entries())
      if (options.masks) this.#masks.set(weight, options.masks[i]);
  }

  async run(): Promise<Graph> {
    const problems = this.#problems;
    const onVisited = (): void => this.#options.onProgress?.(++this.#done, this.#total);
    const sparsities =
      this.#options.scope === 'global'
        ? await sharedByLoss(this.#graph, problems, this.#options, onVisited)
        : undefined;
    const pruned = copyGraph(this.#graph);
    const current = this.#options.inputs === 'pruned' ? pruned : this.#graph;
    await problems.visit(current, (node, target, moments) => {
      const sparsity = sparsities?.get(target.weight) ?? target.sparsity;
      this.#pruneLayer(pruned, node, moments, { ...target, sparsity });
      onVisited();
    });
    return pruned;
  }

  #pruneLayer(graph: Graph, node: Node, moments: Moments, target: PruneTarget): void {
    const problem = this.#problems.problemOf(node, moments);
    const kernel = graph.weights.get(node.weights.kernel)!;
    const { weights } = this.#prune(kernel.name, problem, this.#problems.cutOf(node, target));
    kernel.data = weights;
    kernel.block = storedBlock(kernel.shape, withBlock(this.#options, target.block));
    giveBackMeans(graph, offsetOf(graph, node), weights, moments);
  }

  #prune(weight: string, problem: Problem, cut: LayerCut): Pruned {
    const mask = this.#masks.get(weight);
    if (mask) return { weights: solveRows(problem, mask), mask };
    return this.#problems.isExact(problem, cut) ? pruneByObs(problem, cut) : pruneBySparseGpt(problem, cut);
  }
}
