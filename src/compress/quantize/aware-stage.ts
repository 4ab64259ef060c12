import type { Graph } from '../../graph/index.js';
import { readBack, Trainer, type TrainerState } from '../../train/index.js';
import { layerReports, totalSparsity } from '../report.js';
import { trainingOptions } from '../recover/training.js';
import type { Stage, StageContext, Work } from '../stage.js';
import { fakeQuantization } from './aware.js';
import { trainAware, type AwareSubject } from './aware-training.js';
import { sharesWeights } from './precision.js';
import type { Range } from './range.js';

type Ranges = ReadonlyMap<string, Range>;

interface AwareState extends TrainerState {
  ranges: Ranges;
}

/**
 * Quantization-aware training (Jacob et al. 2018): the folded network learns with weights and activations rounded as its file will round them. What
 * comes out has weights that are on int8's grid, and the ranges they were trained with, so that quantizing changes nothing more.
 */
export const awareStage: Stage = {
  name: 'quantize-aware',
  applies: ({ quantize }) => Boolean(quantize?.train && !sharesWeights(quantize)),
  run: (work, context) => new AwareTraining(work.graph, context).run(),
};

class AwareTraining {
  readonly #graph: Graph;
  readonly #context: StageContext;
  readonly #trainer: Trainer;
  #ranges: Ranges = new Map();

  constructor(graph: Graph, context: StageContext) {
    const { recipe, source } = context;
    this.#graph = graph;
    this.#context = context;
    this.#trainer = new Trainer(graph, trainingOptions(recipe.quantize!.train!, recipe.seed, source));
    keepZeros(this.#trainer);
  }

  async run(): Promise<Work> {
    const { checkpoint } = this.#context;
    if (checkpoint.saved) {
      const state = checkpoint.saved as AwareState;
      this.#trainer.restore(state);
      this.#useRanges(state.ranges);
    }
    const subject: AwareSubject = {
      trainer: this.#trainer,
      calibrated: false,
      now: () => this.#rounded(),
      useRanges: (ranges) => this.#useRanges(ranges),
      entry: () => ({ stage: 'quantize-aware', sparsity: totalSparsity(layerReports(this.#rounded())) }),
      save: () => this.#save(),
    };
    await trainAware(subject, this.#context);
    return { graph: this.#rounded(), ranges: this.#ranges };
  }

  /** Without means of channels: training corrects biases itself. */
  #useRanges(ranges: Ranges): void {
    this.#ranges = new Map([...ranges].map(([name, { min, max }]) => [name, { min, max }]));
    this.#trainer.fake = fakeQuantization(this.#graph, this.#ranges, this.#context.recipe.quantize!);
  }

  #save(): Promise<void> {
    const state: AwareState = { ...this.#trainer.state(), ranges: this.#ranges };
    return this.#context.checkpoint.save(state, this.#trainer.step);
  }

  #rounded(): Graph {
    const { parameters } = this.#trainer;
    const rounded = [...parameters.values()].map((p) => ({ ...p, values: this.#trainer.valuesOf(p) }));
    return readBack(this.#graph, new Map(rounded.map((p) => [p.name, p])));
  }
}

/** What is pruned stays so. */
function keepZeros({ trainable }: Trainer): void {
  for (const parameter of trainable)
    if (parameter.role === 'kernel' && parameter.values.includes(0))
      parameter.mask = Uint8Array.from(parameter.values, (w) => (w === 0 ? 0 : 1));
}
