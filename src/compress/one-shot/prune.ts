import { setImmediate } from 'node:timers/promises';
import { copyGraph, type Graph, type Node } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import {
  keepLargest,
  keptBlocks,
  storedBlock,
  unitGrid,
  withBlock,
  type Granularity,
  type PruneTarget,
} from '../prune/index.js';
import { giveBackMeans, momentsFor, offsetOf } from './layers.js';
import { firstScores, obsScores, pruneByObs, pruneBySparseGpt, type LayerCut, type Pruned } from './masks.js';
import { centred, MomentsBuilder, type Moments } from './moments.js';
import { problemOf, solveRows, type Problem } from './problem.js';
import { Replay } from './replay.js';
import { readSamples, type SampleOptions, type WorkOptions } from './samples.js';
import { outputSensitivity } from './sensitivity.js';

export interface OneShotOptions extends SampleOptions, WorkOptions, Granularity {
  method: 'auto' | 'obs' | 'sparsegpt' | 'solve';
  /** Output pixels of a sample that are looked at. */
  pixels: number;
  /** Of the Hessian's mean diagonal, above 0. */
  damping: number;
  /** What layers read: in the network as it is pruned so far, or in the dense one. */
  inputs: 'pruned' | 'dense';
  /** `layer`: each to its own sparsity; `output`: each row of units; `global`: one sparsity, shared by what removals cost. */
  scope: 'layer' | 'output' | 'global';
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
  return new OneShot(graph, targets, await readSamples(data, options), options).run();
}

/** Products of one layer's ExactOBS, at most, for method `auto`: about a minute. */
const MOST_EXACT = 3e10;

class OneShot {
  readonly #graph: Graph;
  readonly #options: OneShotOptions;
  readonly #batches: readonly Float32Array[];
  /** Target of each layer by its index: of a kernel that layers share, the first. */
  readonly #layers = new Map<number, PruneTarget>();
  readonly #masks = new Map<string, Uint8Array>();
  #done = 0;

  constructor(
    graph: Graph,
    targets: readonly PruneTarget[],
    batches: readonly Float32Array[],
    options: OneShotOptions,
  ) {
    this.#graph = graph;
    this.#options = options;
    this.#batches = batches;
    for (const [i, target] of targets.entries()) {
      this.#layers.set(
        graph.nodes.findIndex(({ name }) => name === target.layer),
        target,
      );
      if (options.masks) this.#masks.set(target.weight, options.masks[i]);
    }
  }

  async run(): Promise<Graph> {
    const sparsities = this.#options.scope === 'global' ? await this.#share() : undefined;
    const pruned = copyGraph(this.#graph);
    await this.#visit(this.#options.inputs === 'pruned' ? pruned : this.#graph, (node, target, moments) => {
      const sparsity = sparsities?.get(target.weight) ?? target.sparsity;
      this.#pruneLayer(pruned, node, moments, { ...target, sparsity });
    });
    return pruned;
  }

  /**
   * One sparsity, shared so that what all layers lose together is least. Only here errors count by outputs' sensitivity: rows of one
   * layer that compete by it lose outputs that matter once other layers are pruned (ResNet-20 at 90 % each layer, 256 samples: 54 %,
   * and 80 % where the rows' errors count the same).
   */
  async #share(): Promise<Map<string, number>> {
    const { seed, signal, share } = this.#options;
    const sensitivity =
      share === 'sensitivity'
        ? await outputSensitivity(this.#graph, this.#batches, { seed, signal })
        : undefined;
    const scores = new Map<string, Float64Array>();
    let sparsity = 0;
    await this.#visit(this.#graph, (node, target, moments) => {
      const problem = this.#problemOf(node, moments, sensitivity?.get(node.name) ?? relative(moments));
      const cut = this.#cutOf(node, target);
      const each = this.#isExact(problem, cut) ? obsScores(problem, cut) : firstScores(problem, cut);
      scores.set(target.weight, each);
      sparsity = target.sparsity;
    });
    const units = [...scores.values()].reduce((sum, { length }) => sum + length, 0);
    const marks = keepLargest([...scores.values()], keptBlocks(units, sparsity));
    return new Map(
      Array.from(scores.keys(), (weight, i) => [
        weight,
        1 - marks[i].reduce((sum, mark) => sum + mark, 0) / marks[i].length,
      ]),
    );
  }

  /** Measures each target's layer in `current`, and lets `visit` change it. */
  async #visit(
    current: Graph,
    visit: (node: Node, target: PruneTarget, moments: Moments) => void,
  ): Promise<void> {
    const { seed, pixels, signal, onProgress, scope } = this.#options;
    const dense = new Replay(this.#graph, this.#batches);
    const now = current === this.#graph ? dense : new Replay(current, this.#batches);
    const total = this.#layers.size * (scope === 'global' ? 2 : 1);
    try {
      for (const [index, target] of [...this.#layers].toSorted(([a], [b]) => a - b)) {
        signal?.throwIfAborted();
        const node = this.#graph.nodes[index];
        const builder = new MomentsBuilder(this.#graph, node, pixels, seed);
        for (let batch = 0; batch < dense.batches; batch++) builder.addFrom(now, dense, index, batch);
        visit(node, target, builder.finish());
        onProgress?.(++this.#done, total);
        await setImmediate();
      }
    } finally {
      dense.dispose();
      now.dispose();
    }
  }

  #problemOf(node: Node, raw: Moments, sensitivity?: Float64Array): Problem {
    const kernel = this.#graph.weights.get(node.weights.kernel)!;
    const moments = momentsFor(offsetOf(this.#graph, node), raw);
    return problemOf(moments, kernel.data as Float32Array, this.#options.damping, sensitivity);
  }

  #cutOf(node: Node, { sparsity, block }: PruneTarget): LayerCut {
    const { shape } = this.#graph.weights.get(node.weights.kernel)!;
    const { pattern, scope } = this.#options;
    return {
      grid: unitGrid(shape, withBlock(this.#options, block)),
      sparsity,
      pattern,
      byOutput: scope === 'output',
    };
  }

  #isExact({ outputs, taps }: Problem, { grid, byOutput }: LayerCut): boolean {
    const { method } = this.#options;
    if (method !== 'auto' || byOutput) return method !== 'sparsegpt';
    return (outputs / grid.block[0]) * (taps ** 3 / 6) <= MOST_EXACT;
  }

  #pruneLayer(graph: Graph, node: Node, moments: Moments, target: PruneTarget): void {
    const problem = this.#problemOf(node, moments);
    const kernel = graph.weights.get(node.weights.kernel)!;
    const { weights } = this.#prune(kernel.name, problem, this.#cutOf(node, target));
    kernel.data = weights;
    kernel.block = storedBlock(kernel.shape, withBlock(this.#options, target.block));
    giveBackMeans(graph, offsetOf(graph, node), weights, moments);
  }

  #prune(weight: string, problem: Problem, cut: LayerCut): Pruned {
    const mask = this.#masks.get(weight);
    if (mask) return { weights: solveRows(problem, mask), mask };
    return this.#isExact(problem, cut) ? pruneByObs(problem, cut) : pruneBySparseGpt(problem, cut);
  }
}

/** One layer's errors in parts of what its outputs vary by. */
function relative(raw: Moments): Float64Array {
  const { energy } = centred(raw);
  const total = energy.reduce((sum, value) => sum + value, 0);
  return energy.map(() => 1 / (total || 1));
}
