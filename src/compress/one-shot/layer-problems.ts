import { setImmediate } from 'node:timers/promises';
import type { Graph, Node } from '../../graph/index.js';
import { unitGrid, withBlock, type PruneTarget } from '../prune/index.js';
import { momentsFor, offsetOf } from './layers.js';
import type { LayerCut } from './masks.js';
import { MomentsBuilder, type Moments } from './moments.js';
import { problemOf, type Problem } from './problem.js';
import type { OneShotOptions } from './prune.js';
import { Replay } from './replay.js';

/** Products of one layer's ExactOBS, at most, for method `auto`: about a minute. */
const MOST_EXACT = 3e10;

/** What is asked of each layer that is pruned, from samples that run through the network. */
export class LayerProblems {
  readonly #graph: Graph;
  readonly #batches: readonly Float32Array[];
  readonly #options: OneShotOptions;
  /** Target of each layer by its index: of a kernel that layers share, the first. */
  readonly #layers: [index: number, target: PruneTarget][];

  /**
   * @param graph the dense network
   * @param batches network input
   */
  constructor(
    graph: Graph,
    targets: readonly PruneTarget[],
    batches: readonly Float32Array[],
    options: OneShotOptions,
  ) {
    this.#graph = graph;
    this.#batches = batches;
    this.#options = options;
    const indexOf = new Map(graph.nodes.map(({ name }, index) => [name, index]));
    this.#layers = targets.map((target): [number, PruneTarget] => [indexOf.get(target.layer)!, target]);
    this.#layers.sort(([a], [b]) => a - b);
  }

  get count(): number {
    return this.#layers.length;
  }

  get batches(): readonly Float32Array[] {
    return this.#batches;
  }

  /**
   * Measures each target's layer, in the network's order, and lets `visit` change it.
   * @param current what layers read in: the dense network, or one that is pruned on the way
   */
  async visit(
    current: Graph,
    visit: (node: Node, target: PruneTarget, moments: Moments) => void | Promise<void>,
  ): Promise<void> {
    const { seed, pixels, signal } = this.#options;
    const dense = new Replay(this.#graph, this.#batches);
    const now = current === this.#graph ? dense : new Replay(current, this.#batches);
    try {
      for (const [index, target] of this.#layers) {
        signal?.throwIfAborted();
        const node = this.#graph.nodes[index];
        const builder = new MomentsBuilder(this.#graph, node, pixels, seed);
        for (let batch = 0; batch < dense.batches; batch++) builder.addFrom(now, dense, index, batch);
        await visit(node, target, builder.finish());
        await setImmediate();
      }
    } finally {
      dense.dispose();
      now.dispose();
    }
  }

  problemOf(node: Node, raw: Moments, sensitivity?: Float64Array): Problem {
    const kernel = this.#graph.weights.get(node.weights.kernel)!;
    const moments = momentsFor(offsetOf(this.#graph, node), raw);
    return problemOf(moments, kernel.data as Float32Array, this.#options.damping, sensitivity);
  }

  cutOf(node: Node, { sparsity, block }: PruneTarget): LayerCut {
    const { shape } = this.#graph.weights.get(node.weights.kernel)!;
    const { pattern, scope } = this.#options;
    return {
      grid: unitGrid(shape, withBlock(this.#options, block)),
      sparsity,
      pattern,
      byOutput: scope === 'output',
    };
  }

  /** Whether ExactOBS chooses the layer's masks, or SparseGPT. */
  isExact({ outputs, taps }: Problem, { grid, byOutput }: LayerCut): boolean {
    const { method } = this.#options;
    if (method !== 'auto' || byOutput) return method !== 'sparsegpt';
    return (outputs / grid.block[0]) * (taps ** 3 / 6) <= MOST_EXACT;
  }
}
