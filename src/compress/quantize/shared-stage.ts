import type { Graph } from '../../graph/index.js';
import { readBack, Trainer, type TrainerState } from '../../train/index.js';
import { trainingOptions } from '../recover/training.js';
import type { Stage, StageContext, Work } from '../stage.js';
import { fakeQuantization } from './aware.js';
import { trainAware, type AwareSubject } from './aware-training.js';
import { precisionsOf, sharesWeights } from './precision.js';
import type { Range } from './range.js';
import { refine } from './refine.js';
import { quantizeGraph } from './rewrite.js';
import { int8Kernels, SharedTraining, type EntriesState } from './shared-training.js';
import { calibrated } from './stage.js';
import type { QuantizedKernel } from './weights.js';

/** Activations' ranges, and kernels by name with their codebooks as clustering gave them. */
interface Start {
  ranges: ReadonlyMap<string, Range>;
  kernels: ReadonlyMap<string, QuantizedKernel>;
}

interface SharedState extends Start {
  trainer: TrainerState;
  entries: EntriesState;
}

/** `quantize.train` with a codebook: entries and biases learn while activations are rounded as in the file; see `SharedTraining`. */
export const sharedStage: Stage = {
  name: 'shared-weights',
  applies: ({ quantize }) => Boolean(quantize?.train && sharesWeights(quantize)),
  async run({ graph }, context) {
    const saved = context.checkpoint.saved as SharedState | undefined;
    const training = new EntryTraining(graph, context, saved ?? (await startOf(graph, context)));
    if (saved) training.restore(saved);
    return training.run();
  },
};

class EntryTraining {
  readonly #graph: Graph;
  readonly #context: StageContext;
  readonly #trainer: Trainer;
  readonly #shared: SharedTraining;
  readonly #kernels: Start['kernels'];
  #ranges: Start['ranges'] = new Map();

  constructor(graph: Graph, context: StageContext, { ranges, kernels }: Start) {
    const { recipe, source } = context;
    this.#graph = graph;
    this.#context = context;
    this.#trainer = new Trainer(graph, trainingOptions(recipe.quantize!.train!, recipe.seed, source));
    this.#shared = new SharedTraining(this.#trainer, kernels);
    this.#kernels = kernels;
    this.#useRanges(ranges);
  }

  restore({ trainer, entries, ranges }: SharedState): void {
    this.#trainer.restore(trainer);
    this.#shared.restore(entries);
    this.#useRanges(ranges);
  }

  async run(): Promise<Work> {
    const subject: AwareSubject = {
      trainer: this.#trainer,
      calibrated: true,
      apply: (gradients, rate) => this.#shared.apply(gradients, rate),
      now: () => this.#now(),
      useRanges: (ranges) => this.#useRanges(ranges),
      entry: () => ({ stage: 'shared-weights' }),
      save: () => this.#save(),
    };
    await trainAware(subject, this.#context);
    return { graph: this.#now(), ranges: this.#ranges, kernels: this.#shared.kernels(this.#kernels) };
  }

  /** Without means of channels: training corrects biases itself. */
  #useRanges(ranges: Start['ranges']): void {
    this.#ranges = new Map([...ranges].map(([name, { min, max }]) => [name, { min, max }]));
    const { outputs, reads } = fakeQuantization(this.#graph, this.#ranges, this.#context.recipe.quantize!);
    this.#trainer.fake = { layers: [], outputs, reads };
  }

  #save(): Promise<void> {
    const [trainer, entries] = [this.#trainer.state(), this.#shared.state()];
    const state: SharedState = { trainer, entries, ranges: this.#ranges, kernels: this.#kernels };
    return this.#context.checkpoint.save(state, this.#trainer.step);
  }

  #now(): Graph {
    return readBack(this.#graph, this.#trainer.parameters);
  }
}

/** Calibrated, clustered, and refined where the recipe says so. */
async function startOf(graph: Graph, context: StageContext): Promise<Start> {
  const { recipe, data, signal } = context;
  const quantize = recipe.quantize!;
  const ranges = await calibrated(graph, context);
  const precisions = precisionsOf(graph, quantize);
  const quantized = quantizeGraph(graph, ranges, quantize);
  const { preprocessing, seed } = recipe;
  if (quantize.refine)
    await refine(graph, quantized, data, { ...quantize.refine, precisions, preprocessing, seed, signal });
  const kernels = int8Kernels(graph, quantized, (layer) => typeof precisions.get(layer) === 'object');
  return { kernels, ranges };
}
