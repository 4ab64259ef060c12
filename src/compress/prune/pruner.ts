import { copyGraph, type Graph } from '../../graph/index.js';
import type { Dataset, Preprocessing } from '../../train/index.js';
import type { MeasureLayers } from '../cost.js';
import { countKept } from './blocks.js';
import { criteria, type Criterion, type Scored } from './criteria.js';
import { cutMasks, lampSparsities } from './cut.js';
import { collectEvidence } from './evidence/collect.js';
import { scanned } from './scan-scope.js';
import { pruneTargets, type PruneOptions, type PruneTarget } from './targets.js';

export interface PruneContext {
  data: Dataset;
  seed: number;
  preprocessing?: Preprocessing;
  /** Measures layers of these blocks, for scope `latency`. */
  layerCosts?: MeasureLayers;
  /** Of a scan or one cut's evidence, in samples. */
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** Where the options do not say. */
const SAMPLES = 512;

/** Decides what of a graph is pruned: scores, then masks. It changes no graph. */
export class Pruner {
  readonly targets: readonly PruneTarget[];
  readonly #options: PruneOptions;
  readonly #context: PruneContext;

  private constructor(targets: readonly PruneTarget[], options: PruneOptions, context: PruneContext) {
    this.targets = targets;
    this.#options = options;
    this.#context = context;
  }

  /**
   * Finds the targets and how they share the sparsity, from the graph as it is before anything is pruned.
   *
   * @param found the targets that an earlier call found for the same graph and options: nothing is scanned or measured again
   * @throws RangeError where a pattern fits no layer, or nothing is left to prune
   */
  static async prepare(
    graph: Graph,
    options: PruneOptions,
    context: PruneContext,
    found?: readonly PruneTarget[],
  ): Promise<Pruner> {
    if (found) return new Pruner(found, options, context);
    const targets = pruneTargets(graph, options);
    const scans = options.scope === 'sensitivity' || options.scope === 'latency';
    return new Pruner(scans ? await scanned(graph, targets, options, context) : targets, options, context);
  }

  /**
   * Masks (1 keeps, graph's layout) of all targets, in their order. Units whose weights are all zero count as pruned: they stay
   * so.
   *
   * @param graph with the weights of now
   * @param progress part of the final sparsity that holds afterwards, in [0, 1]: of all, or of each target
   * @param movement of criterion `movement`, by weight name
   */
  async masks(
    graph: Graph,
    progress: number | readonly number[] = 1,
    movement?: ReadonlyMap<string, Float32Array>,
  ): Promise<Uint8Array[]> {
    const criterion: Criterion = criteria[this.#options.criterion];
    const parts = this.targets.map((_, i) => (typeof progress === 'number' ? progress : progress[i]));
    const rounds = this.#roundsTo(graph, parts, criterion.rounds ?? 1);
    const now = copyGraph(graph);
    let masks: Uint8Array[] = [];
    for (const round of rounds) {
      const kernels = await this.#evidence(now, criterion, movement);
      masks = this.#cut(kernels, criterion, round);
      this.targets.forEach(({ weight }, i) => applyMask(now, weight, masks[i]));
      this.#context.signal?.throwIfAborted();
    }
    return masks;
  }

  /** Progress after each round of one cut: densities fall by the same factor each (Tanaka et al. 2020). */
  #roundsTo(graph: Graph, parts: number[], most: number): number[][] {
    if (most === 1) return [parts];
    const from = this.targets.map(({ weight }) => density(graph, weight));
    const to = this.targets.map(({ sparsity }, i) => Math.min(from[i], 1 - sparsity * parts[i]));
    const last = this.targets.map(({ sparsity }) => 1 - sparsity);
    const share = Math.max(...to.map((density, i) => Math.log(density / from[i]) / Math.log(last[i])));
    const rounds = Math.max(1, Math.round(most * share));
    return Array.from({ length: rounds }, (_, r) =>
      this.targets.map(({ sparsity }, i) => {
        const density = from[i] * (to[i] / from[i]) ** ((r + 1) / rounds);
        return r + 1 === rounds ? parts[i] : (1 - density) / sparsity;
      }),
    );
  }

  async #evidence(
    graph: Graph,
    criterion: Criterion,
    movement?: ReadonlyMap<string, Float32Array>,
  ): Promise<Scored[]> {
    const weights = this.targets.map(({ weight }) => weight);
    const { data, ...context } = this.#context;
    const { samples = SAMPLES } = this.#options;
    const options = { ...context, samples, movement };
    const kernels = await collectEvidence(graph, weights, criterion.needs ?? [], data, options);
    return this.targets.map(({ weight, block }) => ({ ...kernels.get(weight)!, block }));
  }

  #cut(kernels: Scored[], criterion: Criterion, parts: number[]): Uint8Array[] {
    const { scope } = this.#options;
    const sparsities = this.targets.map(({ sparsity }, i) => sparsity * parts[i]);
    const [progress] = parts;
    const cut = (sparsity: number | number[]): Uint8Array[] =>
      cutMasks(kernels, this.#options, criterion, { sparsity, byOutput: scope === 'output', progress });
    if (scope === 'global') return cut(sparsities[0]);
    if (scope === 'lamp') return cut(lampSparsities(kernels, this.#options, sparsities[0]));
    return cut(sparsities);
  }
}

function density(graph: Graph, name: string): number {
  const weight = graph.weights.get(name)!;
  return countKept(weight) / weight.data.length;
}

function applyMask(graph: Graph, name: string, mask: Uint8Array): void {
  const weight = graph.weights.get(name)!;
  weight.data = (weight.data as Float32Array).map((value, i) => (mask[i] === 0 ? 0 : value));
}
