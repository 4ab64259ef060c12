import type { Graph } from '../../graph/index.js';
import {
  baseRate,
  Crew,
  graphValues,
  readBack,
  runTraining,
  setMask,
  shiftAndFlip,
  Trainer,
  Watch,
  type Length,
  type Sampling,
  type TrainerState,
  type WatchState,
} from '../../train/index.js';
import {
  pruneProgress,
  pruneTargets,
  targetMasks,
  type PruneSchedule,
  type PruneTarget,
} from '../prune/index.js';
import type { Recipe } from '../recipe.js';
import { layerReports, totalSparsity } from '../report.js';
import type { StageContext } from '../stage.js';
import { recipeLength, recipeSampling, trainerOptions } from './training.js';

interface RecoveryState extends TrainerState {
  watch?: WatchState;
}

/** Prunes and fine-tunes one graph as a recipe says. */
export class Recovery {
  readonly #graph: Graph;
  readonly #context: StageContext;
  readonly #recipe: Recipe;
  readonly #trainer: Trainer;
  readonly #targets: PruneTarget[];
  readonly #samples: Sampling;
  readonly #watch?: Watch;
  #pruned = 0;

  constructor(graph: Graph, context: StageContext) {
    const { recipe } = context;
    this.#graph = graph;
    this.#context = context;
    this.#recipe = recipe;
    this.#targets = recipe.prune ? pruneTargets(graph, recipe.prune) : [];
    this.#trainer = new Trainer(graph, trainerOptions(recipe, graph, context.source));
    const { earlyStopping } = recipe.recover ?? {};
    this.#samples = recipeSampling(recipe, context.data);
    if (earlyStopping)
      this.#watch = new Watch(context.data, this.#samples.validation, {
        ...earlyStopping,
        preprocessing: recipe.preprocessing,
      });
  }

  /**
   * Trains from where the checkpoint left off to the end, pruning on the way, and returns the pruned graph. Saves its state
   * after each epoch, and where `signal` cuts it off.
   */
  async run(): Promise<Graph> {
    const { recover } = this.#recipe;
    const { checkpoint, signal } = this.#context;
    if (recover) {
      if (checkpoint.saved) this.#restore(checkpoint.saved as RecoveryState);
      try {
        await this.#train(recover);
      } catch (error) {
        if (signal?.aborted) await this.#save();
        throw error;
      }
    }
    if (this.#targets.length > 0 && this.#pruned < 1) this.#prune(1);
    return this.#result();
  }

  #save(): Promise<void> {
    const state: RecoveryState = { ...this.#trainer.state(), watch: this.#watch?.state() };
    return this.#context.checkpoint.save(state, this.#trainer.step);
  }

  #restore(state: RecoveryState): void {
    this.#trainer.restore(state);
    if (state.watch) this.#watch?.restore(state.watch);
  }

  async #train(recover: NonNullable<Recipe['recover']>): Promise<void> {
    const { data, workers, onProgress, signal, record } = this.#context;
    const schedule = this.#schedule(recover.epochs);
    const length = recipeLength(this.#recipe, data);
    this.#pruned = schedule ? progressBefore(schedule, this.#trainer.step, length) : 0;
    const shards = recover.shards ?? workers;
    const crew = shards > 1 ? await Crew.open(this.#trainer, { shards, workers }) : undefined;
    const training = runTraining(this.#trainer, data, {
      crew,
      epochs: recover.epochs,
      batch: recover.batch,
      learningRate: baseRate(recover.optimizer),
      schedule: recover.learningRateSchedule,
      preprocessing: this.#recipe.preprocessing,
      augment: recover.augment && shiftAndFlip(recover.augment),
      samples: this.#samples,
      watch: this.#watch,
      watchFrom: schedule?.end,
      signal,
      beforeStep: (step) => {
        const next = schedule && pruneProgress(schedule, step, length);
        if (next !== undefined) this.#prune(next);
      },
      onStep: ({ step, steps, epoch, loss, accuracy, learningRate }) => {
        onProgress?.({
          phase: 'recover',
          done: step,
          total: steps,
          epoch,
          loss,
          accuracy,
          learningRate,
          pruned: this.#pruned,
        });
      },
      onEpoch: async ({ epoch, loss, accuracy, validation }) => {
        const sparsity = totalSparsity(layerReports(readBack(this.#graph, this.#trainer.parameters)));
        record({
          stage: 'recover',
          step: this.#trainer.step,
          epoch,
          sparsity,
          loss,
          trained: accuracy,
          validation,
        });
        await this.#save();
      },
    });
    await training.finally(() => crew?.close());
  }

  #schedule(epochs: number): PruneSchedule | undefined {
    const schedule = this.#recipe.prune?.schedule;
    return schedule && { ...schedule, end: schedule.end ?? Math.max(schedule.begin, 0.7 * epochs) };
  }

  #prune(progress: number): void {
    const parameters = this.#targets.map(({ weight }) => this.#trainer.parameters.get(weight)!);
    const kernels = parameters.map((p) => ({ shape: p.graphShape, values: graphValues(p) }));
    const masks = targetMasks(this.#targets, kernels, this.#recipe.prune!, progress);
    parameters.forEach((parameter, i) => setMask(parameter, masks[i]));
    this.#pruned = progress;
  }

  #result(): Graph {
    const graph = readBack(this.#graph, this.#trainer.parameters);
    for (const { weight } of this.#targets) graph.weights.get(weight)!.block = [...this.#recipe.prune!.block];
    return graph;
  }
}

/** The progress that held when `step` began. */
function progressBefore(schedule: PruneSchedule, step: number, length: Length): number {
  for (let earlier = step - 1; earlier >= 0; earlier--) {
    const progress = pruneProgress(schedule, earlier, length);
    if (progress !== undefined) return progress;
  }
  return 0;
}
