import type { Graph } from '../../graph/index.js';
import { readBack, runTraining, Trainer, trainingLength, type TrainerState } from '../../train/index.js';
import { layerReports, totalSparsity } from '../report.js';
import { runOptions, sampled, trainingOptions } from '../recover/training.js';
import type { Stage, StageContext, Work } from '../stage.js';
import { fakeQuantization } from './aware.js';
import { sharesWeights } from './precision.js';
import type { Range } from './range.js';
import { calibrated } from './stage.js';

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
    const { checkpoint, signal } = this.#context;
    if (checkpoint.saved) {
      const state = checkpoint.saved as AwareState;
      this.#trainer.restore(state);
      this.#useRanges(state.ranges);
    }
    try {
      await this.#train();
    } catch (error) {
      if (signal?.aborted) await this.#save();
      throw error;
    }
    return { graph: this.#rounded(), ranges: this.#ranges };
  }

  async #train(): Promise<void> {
    const { recipe, data, onProgress, signal, record } = this.#context;
    const { ranges, ...train } = recipe.quantize!.train!;
    const samples = sampled(train.subset, recipe.seed, data);
    const { stepsPerEpoch } = trainingLength(samples.epochSamples, train.batch, train.epochs);
    await runTraining(this.#trainer, data, {
      ...runOptions(train, recipe.preprocessing),
      samples,
      signal,
      beforeStep: async (step) => {
        if (step === 0 || (ranges === 'epoch' && step % stepsPerEpoch === 0)) await this.#calibrate();
      },
      onStep: ({ step: done, steps: total, epoch, loss, accuracy, learningRate }) =>
        onProgress?.({ phase: 'quantize-aware', done, total, epoch, loss, accuracy, learningRate }),
      onEpoch: async ({ epoch, loss, accuracy: trained }) => {
        const sparsity = totalSparsity(layerReports(this.#rounded()));
        record({ stage: 'quantize-aware', step: this.#trainer.step, epoch, sparsity, loss, trained });
        await this.#save();
      },
    });
  }

  /** Ranges of the network as it computes now. */
  async #calibrate(): Promise<void> {
    this.#useRanges(await calibrated(this.#rounded(), this.#context));
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
