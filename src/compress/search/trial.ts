import { readLop } from '../../format/index.js';
import type { Graph } from '../../graph/index.js';
import { countMacs } from '../../ops/macs.js';
import type { Dataset } from '../../train/index.js';
import { compress } from '../compress.js';
import type { LayerForm } from '../cost.js';
import type { FileEvaluator } from '../evaluator.js';
import type { CompressProgress } from '../progress.js';
import { countKept } from '../prune/index.js';
import { RecipeError } from '../recipe.js';
import type { Measures } from './bound.js';
import type { RecipeJson } from './space.js';
import { validationSplit } from './split.js';

/** One compression to try: JSON, so that it goes to threads and machines. */
export interface TrialOrder {
  recipe: RecipeJson;
  /** Draws the validation samples. */
  seed: number;
  validation: number;
  /** Training samples; absent: all that do not validate. */
  samples?: number;
}

/** What a trial found, JSON. Equal orders give equal results but for `seconds`. */
export interface TrialResult extends Measures {
  /** Of all kernels, in [0, 1]. */
  sparsity: number;
  /** Multiply-adds of kept weights. */
  macs: number;
  /** Of each kernel in the file: what a latency model needs. */
  forms: LayerForm[];
  seconds: number;
}

/** A recipe that cannot be carried out, or diverged: the search goes on without it. */
export interface TrialFailure {
  failed: string;
  seconds: number;
}

export type TrialOutcome = TrialResult | TrialFailure;

export const hasFailed = (outcome: TrialOutcome): outcome is TrialFailure => 'failed' in outcome;

export interface TrialRunOptions {
  signal?: AbortSignal;
  /** How much of the training is done, in [0, 1]. */
  onShare?(share: number): void;
}

/** Carries orders out on one model and data set, one at a time. */
export class TrialBench {
  readonly #graph: Graph;
  readonly #data: Dataset;
  readonly #evaluateFile: FileEvaluator | undefined;
  #split: { key: string; data: Dataset } | undefined;

  /** @param evaluateFile default: the plain reference on 1,000 samples */
  constructor(graph: Graph, data: Dataset, evaluateFile?: FileEvaluator) {
    this.#graph = graph;
    this.#data = data;
    this.#evaluateFile = evaluateFile;
  }

  async run(order: TrialOrder, { signal, onShare }: TrialRunOptions = {}): Promise<TrialOutcome> {
    const started = Date.now();
    const seconds = (): number => (Date.now() - started) / 1000;
    try {
      const { bytes, report } = await compress(this.#graph, order.recipe, {
        data: this.#splitFor(order),
        evaluateFile: this.#evaluateFile,
        measureOriginal: false,
        signal,
        onProgress: ({ phase, done, total }: CompressProgress) => {
          if (phase === 'recover') onShare?.(done / total);
        },
      });
      const { accuracy, layers } = report.final;
      const model = readLop(bytes) as Graph;
      const { kept } = countMacs(model);
      const [size, sparsity] = [bytes.length, report.sparsity];
      return {
        bytes: size,
        accuracy: accuracy!,
        sparsity,
        macs: kept,
        // A file may have numbers for names.
        forms: formsOf(model).map((form, i) => ({ ...form, layer: layers[i].name })),
        seconds: seconds(),
      };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof RecipeError || error instanceof RangeError)
        return { failed: error.message, seconds: seconds() };
      throw error;
    }
  }

  /** Orders of a search differ in `samples` only, so the last split is kept. */
  #splitFor({ seed, validation, samples }: TrialOrder): Dataset {
    const key = `${seed} ${validation} ${samples}`;
    if (this.#split?.key !== key)
      this.#split = { key, data: validationSplit(this.#data, { seed, validation, samples }) };
    return this.#split.data;
  }
}

/** How a file stores each layer that has a kernel; a shared kernel stands once. */
export function formsOf(graph: Graph): LayerForm[] {
  const seen = new Set<string>();
  return graph.nodes.flatMap(({ name, weights }) => {
    const kernel = graph.weights.get(weights.kernel);
    if (kernel === undefined || seen.has(kernel.name)) return [];
    seen.add(kernel.name);
    return [{ layer: name, block: kernel.block, density: countKept(kernel) / kernel.data.length }];
  });
}
