import type { Graph } from '../../graph/index.js';
import {
  Crew,
  graphValues,
  initialize,
  readBack,
  runTraining,
  setMask,
  Trainer,
  Watch,
  type Parameters,
  type Sampling,
  type TrainerState,
  type WatchState,
} from '../../train/index.js';
import { isKernel } from '../../train/parameters.js';
import { checkPatterns } from '../pattern.js';
import { Pruner, settledAt, storedBlock, withBlock, type PruneTarget } from '../prune/index.js';
import type { Recipe } from '../recipe.js';
import { layerReports, totalSparsity } from '../report.js';
import type { StageContext } from '../stage.js';
import { GradualPruning } from './gradual.js';
import { LotteryPruning } from './lottery.js';
import type { Pruning, PruningContext } from './pruning.js';
import { SupermaskPruning } from './supermask.js';
import { recipeLength, recipeSampling, runOptions, trainerOptions } from './training.js';

/** What checkpoints keep of this stage. */
interface RecoveryState {
  trainer: TrainerState;
  /** How layers share the sparsity, so that nothing is scanned or timed twice. */
  targets?: readonly PruneTarget[];
  pruning?: unknown;
  watch?: WatchState;
}

/** Prunes and fine-tunes one graph as a recipe says. */
export class Recovery {
  readonly #graph: Graph;
  readonly #context: StageContext;
  readonly #recipe: Recipe;
  readonly #trainer: Trainer;
  readonly #samples: Sampling;
  readonly #watch?: Watch;
  #pruner?: Pruner;
  #pruning?: Pruning;

  constructor(graph: Graph, context: StageContext) {
    const { recipe, data, source } = context;
    const { earlyStopping, initialize: fresh } = recipe.recover ?? {};
    this.#graph = fresh ? initialize(graph, recipe.seed) : graph;
    this.#context = context;
    this.#recipe = recipe;
    this.#trainer = new Trainer(this.#graph, trainerOptions(recipe, this.#graph, source));
    this.#samples = recipeSampling(recipe, data);
    if (earlyStopping)
      this.#watch = new Watch(data, this.#samples.validation, {
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
    await this.#preparePruning();
    if (recover) {
      this.#restore(this.#context.checkpoint.saved as RecoveryState | undefined);
      try {
        await this.#train(recover);
      } catch (error) {
        if (this.#context.signal?.aborted) await this.#save();
        throw error;
      }
    }
    await this.#pruning?.finish();
    return this.#result();
  }

  async #preparePruning(): Promise<void> {
    const { prune, recover, preprocessing, seed } = this.#recipe;
    if (prune?.update) holdZeros(this.#trainer.parameters);
    if (!prune || prune.update) return;
    const { data, checkpoint, layerCosts, onProgress, signal } = this.#context;
    const [graph, trainer] = [this.#graph, this.#trainer];
    const told = (done: number, total: number): void => onProgress?.({ phase: 'score', done, total });
    const context = { data, seed, preprocessing, layerCosts, onProgress: told, signal };
    const { targets } = (checkpoint.saved ?? {}) as Partial<RecoveryState>;
    const pruner = await Pruner.prepare(graph, prune, context, targets);
    checkLayers(prune, pruner);
    const length = recipeLength(this.#recipe, data);
    this.#pruner = pruner;
    this.#pruning = createPruning({ trainer, graph, pruner, prune, recover, length });
  }

  #save(): Promise<void> {
    const state: RecoveryState = {
      trainer: this.#trainer.state(),
      targets: this.#pruner?.targets,
      pruning: this.#pruning?.state(),
      watch: this.#watch?.state(),
    };
    return this.#context.checkpoint.save(state, this.#trainer.step);
  }

  #restore(saved: RecoveryState | undefined): void {
    if (!saved) return;
    this.#trainer.restore(saved.trainer);
    this.#pruning?.restore(saved.pruning, saved.trainer.step);
    if (saved.watch) this.#watch?.restore(saved.watch);
  }

  async #train(recover: NonNullable<Recipe['recover']>): Promise<void> {
    const { data, workers, onProgress, signal, record } = this.#context;
    const { prune, preprocessing } = this.#recipe;
    const pruning = this.#pruning;
    const shards = recover.shards ?? workers;
    const crew = shards > 1 ? await Crew.open(this.#trainer, { shards, workers }) : undefined;
    const training = runTraining(this.#trainer, data, {
      crew,
      ...runOptions(recover, preprocessing),
      samples: this.#samples,
      watch: this.#watch,
      watchFrom: prune ? settledAt(prune.schedule, recover.epochs) : 0,
      signal,
      trainings: pruning?.trainings,
      beforeStep: (step) => pruning?.beforeStep(step),
      apply: pruning && ((gradients, rate) => pruning.apply(gradients, rate)),
      onStep: ({ step, steps, epoch, loss, accuracy, learningRate }) => {
        const facts = { epoch, loss, accuracy, learningRate, pruned: pruning?.progress ?? 0 };
        onProgress?.({ phase: 'recover', done: step, total: steps, ...facts });
      },
      onEpoch: async ({ epoch, loss, accuracy: trained, validation }) => {
        const { step, parameters } = this.#trainer;
        const sparsity = totalSparsity(layerReports(readBack(this.#graph, parameters)));
        record({ stage: 'recover', step, epoch, sparsity, loss, trained, validation });
        await this.#save();
      },
    });
    await training.finally(() => crew?.close());
  }

  #result(): Graph {
    const graph = readBack(this.#graph, this.#trainer.parameters);
    for (const { weight: name, block } of this.#pruner?.targets ?? []) {
      const weight = graph.weights.get(name)!;
      weight.block = storedBlock(weight.shape, withBlock(this.#recipe.prune!, block));
    }
    return graph;
  }
}

/** What is pruned already stays so. */
function holdZeros(parameters: Parameters): void {
  for (const parameter of parameters.values())
    if (isKernel(parameter.role))
      setMask(
        parameter,
        Uint8Array.from(graphValues(parameter), (w) => Number(w !== 0)),
      );
}

function checkLayers({ schedule }: PruningContext['prune'], { targets }: Pruner): void {
  if (!('layers' in schedule) || !schedule.layers) return;
  const names = targets.map(({ layer }) => layer);
  checkPatterns('prune.schedule.layers', Object.keys(schedule.layers), names);
}

function createPruning(context: PruningContext): Pruning {
  const { schedule } = context.prune;
  switch (schedule.type) {
    case 'lottery':
      return new LotteryPruning(context, { ...schedule, epoch: schedule.epoch ?? 0 });
    case 'supermask':
      return new SupermaskPruning(context, schedule);
    default:
      return new GradualPruning(context, schedule);
  }
}
