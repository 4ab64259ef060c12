import { setImmediate } from 'node:timers/promises';
import type { Graph } from '../graph/index.js';
import { Batcher, type Changes } from './batches.js';
import type { Dataset, Preprocessing } from './data/dataset.js';
import type { Watch } from './early-stopping.js';
import { DEFAULT_LEARNING_RATE, type OptimizerOptions } from './optimizer.js';
import type { Crew } from './parallel/crew.js';
import { readBack, setMask } from './parameters.js';
import { learningRateFactor, type LearningRateSchedule, type Length } from './schedule.js';
import type { Sampling } from './sampling.js';
import { Trainer, type Gradients, type TrainerOptions } from './trainer.js';

/** One step, as told to `onStep`. */
export interface StepReport {
  /** Steps done, this one included, of `steps`. */
  step: number;
  steps: number;
  /** Counts from 0. */
  epoch: number;
  /** Mean cross-entropy of the batch, nats. */
  loss: number;
  /** On the batch, in [0, 1]. */
  accuracy: number;
  learningRate: number;
}

/** One epoch: means over its steps. */
export interface EpochReport {
  epoch: number;
  epochs: number;
  loss: number;
  /** On the training samples while they were trained, in [0, 1]. */
  accuracy: number;
  /** What early stopping watches, where it does: see `Watch`. */
  validation?: number;
  seconds: number;
}

/** Trainings one after another, in steps. */
export interface Trainings {
  /** In all. */
  steps: number;
  /** The step of the learning rate's schedule at a step of all. */
  rateStep(step: number): number;
}

export interface RunOptions extends Changes {
  epochs: number;
  /** Samples a step. Default 64. */
  batch?: number;
  learningRate?: number;
  schedule?: LearningRateSchedule;
  /** Instead of the data set's own. */
  preprocessing?: Preprocessing;
  /** Computes each batch's gradients instead of the trainer alone: in shards, on several threads. */
  crew?: Pick<Crew, 'gradients'>;
  /** Which samples are trained on: see `sampling`. Default: all. */
  samples?: Pick<Sampling, 'pool' | 'epochSamples'>;
  /** Ends the training early, and in any case with the best epoch's weights. */
  watch?: Watch;
  /** In epochs: those that end before it are not watched, as where pruning goes on. Default 0. */
  watchFrom?: number;
  /** Before each step, for pruning schedules: may change masks. Awaited. */
  beforeStep?(step: number, length: Length): void | Promise<void>;
  /** Several trainings of `epochs` one after another, as rewinding makes them; absent: one. */
  trainings?: Trainings;
  /** Instead of `Trainer.apply`, for what changes masks by gradients: moves the weights, and counts the step. */
  apply?(gradients: Gradients, learningRate: number): void;
  onStep?(report: StepReport): void;
  /** Awaited, for checkpoints. */
  onEpoch?(report: EpochReport): void | Promise<void>;
  signal?: AbortSignal;
}

export interface FitOptions extends RunOptions, Omit<TrainerOptions, 'optimizer'> {
  optimizer?: OptimizerOptions;
  /** By weight name, in the graph's layout: 1 keeps, 0 prunes. They hold in every step. */
  masks?: ReadonlyMap<string, Uint8Array>;
}

/** Trains for `options.epochs`. Returns a graph with the trained weights; `graph` stays as it is. */
export async function fit(
  graph: Graph,
  data: Dataset,
  options: FitOptions,
): Promise<{ graph: Graph; epochs: EpochReport[] }> {
  const trainer = new Trainer(graph, options);
  options.masks?.forEach((mask, name) => setMask(trainer.parameters.get(name)!, mask));
  const learningRate = options.learningRate ?? baseRate(options.optimizer ?? { type: 'adam' });
  const epochs: EpochReport[] = [];
  await runTraining(trainer, data, {
    ...options,
    learningRate,
    onEpoch: (report) => {
      epochs.push(report);
      return options.onEpoch?.(report);
    },
  });
  return { graph: readBack(graph, trainer.parameters), epochs };
}

/** Full learning rate of an optimizer: its own, or the default of its kind. */
export function baseRate(optimizer: OptimizerOptions): number {
  return optimizer.learningRate ?? DEFAULT_LEARNING_RATE[optimizer.type];
}

/** How many steps a training of `epochs` epochs takes. */
export function trainingLength(samples: number, batch: number, epochs: number): Length {
  const stepsPerEpoch = Math.ceil(samples / batch);
  return { stepsPerEpoch, steps: Math.ceil(stepsPerEpoch * epochs) };
}

/** Longest time without a turn of the event loop, so that signals and progress bars are served. */
const TURN_MS = 50;

/**
 * Trains from `trainer.step` to the end. What a step does depends on the trainer's state and the step's number only,
 * so that a run that was cut off goes on to the same weights.
 *
 * @throws the signal's reason, between two steps, where `options.signal` aborts
 */
export async function runTraining(trainer: Trainer, data: Dataset, options: RunOptions): Promise<void> {
  const { epochs, batch = 64, learningRate = DEFAULT_LEARNING_RATE.adam, watch, signal } = options;
  const preprocessing = options.preprocessing ?? data.preprocessing;
  const { inputShape } = data;
  const batcher = new Batcher(data.train, { batch, preprocessing, inputShape, ...options.samples });
  const length = trainingLength(options.samples?.epochSamples ?? data.train.count, batch, epochs);
  const schedule = options.schedule ?? { type: 'constant' };
  const meter = new Meter();
  let turn = Date.now();
  const { steps, rateStep } = options.trainings ?? { steps: length.steps, rateStep: (step: number) => step };
  const apply = options.apply ?? ((gradients, rate) => trainer.apply(gradients, rate));
  const isOver = (): boolean => trainer.step >= steps || watch?.isOver === true;
  while (!isOver()) {
    signal?.throwIfAborted();
    const step = trainer.step;
    const epoch = Math.floor(step / length.stepsPerEpoch);
    await options.beforeStep?.(step, length);
    const rate = learningRate * learningRateFactor(schedule, rateStep(step), length);
    const index = step % length.stepsPerEpoch;
    const samples = await batcher.shuffled(index, epoch, trainer.seed, options);
    const gradients = await (options.crew ?? trainer).gradients(samples);
    const { loss, correct } = gradients.score;
    if (!Number.isFinite(loss))
      throw new RangeError(
        `training: expected a finite loss, got ${loss} at step ${step}; lower the learning rate (${rate}) or check the weights`,
      );
    apply(gradients, rate);
    meter.add(loss, correct, samples.count);
    const accuracy = correct / samples.count;
    options.onStep?.({ step: step + 1, steps, epoch, loss, accuracy, learningRate: rate });
    const done = trainer.step % length.stepsPerEpoch === 0 || trainer.step === steps;
    if (done) {
      const isWatched = watch && trainer.step >= (options.watchFrom ?? 0) * length.stepsPerEpoch;
      const validation = isWatched ? await watch.observe(trainer, epoch) : undefined;
      await options.onEpoch?.({ epoch, epochs, ...meter.take(), validation });
    }
    if (done || Date.now() - turn > TURN_MS) {
      await setImmediate();
      turn = Date.now();
    }
  }
  watch?.takeBest(trainer);
}

/** Means over an epoch, weighted by samples. */
class Meter {
  #loss = 0;
  #correct = 0;
  #samples = 0;
  #since = Date.now();

  add(loss: number, correct: number, samples: number): void {
    this.#loss += loss * samples;
    this.#correct += correct;
    this.#samples += samples;
  }

  take(): { loss: number; accuracy: number; seconds: number } {
    const loss = this.#loss / this.#samples;
    const accuracy = this.#correct / this.#samples;
    const seconds = (Date.now() - this.#since) / 1000;
    [this.#loss, this.#correct, this.#samples, this.#since] = [0, 0, 0, Date.now()];
    return { loss, accuracy, seconds };
  }
}
