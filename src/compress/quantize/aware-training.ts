import type { Graph } from '../../graph/index.js';
import { runTraining, trainingLength, type RunOptions, type Trainer } from '../../train/index.js';
import { runOptions, sampled } from '../recover/training.js';
import type { HistoryEntry, StageContext } from '../stage.js';
import type { Range } from './range.js';
import { calibrated } from './stage.js';

/** What trains while it is rounded as its file will be. */
export interface AwareSubject {
  trainer: Trainer;
  /** Instead of `Trainer.apply`. */
  apply?: RunOptions['apply'];
  /** Whether ranges are known before the first step. */
  calibrated: boolean;
  /** The network as it computes now. */
  now(): Graph;
  useRanges(ranges: ReadonlyMap<string, Range>): void;
  /** What the history says of an epoch beside its loss. */
  entry(): Pick<HistoryEntry, 'stage' | 'sparsity'>;
  save(): Promise<void>;
}

/** Trains as `quantize.train` says, with ranges calibrated once or before each epoch; saves after each epoch, and where `signal` cuts it off. */
export async function trainAware(subject: AwareSubject, context: StageContext): Promise<void> {
  const { recipe, data, onProgress, signal, record } = context;
  const { ranges, ...train } = recipe.quantize!.train!;
  const samples = sampled(train.subset, recipe.seed, data);
  const { stepsPerEpoch } = trainingLength(samples.epochSamples, train.batch, train.epochs);
  try {
    await runTraining(subject.trainer, data, {
      ...runOptions(train, recipe.preprocessing),
      samples,
      signal,
      apply: subject.apply,
      beforeStep: async (step) => {
        const due = step === 0 ? !subject.calibrated : ranges === 'epoch' && step % stepsPerEpoch === 0;
        if (due) subject.useRanges(await calibrated(subject.now(), context));
      },
      onStep: ({ step: done, steps: total, epoch, loss, accuracy, learningRate }) =>
        onProgress?.({ phase: 'quantize-aware', done, total, epoch, loss, accuracy, learningRate }),
      onEpoch: async ({ epoch, loss, accuracy: trained }) => {
        record({ ...subject.entry(), step: subject.trainer.step, epoch, loss, trained });
        await subject.save();
      },
    });
  } catch (error) {
    if (signal?.aborted) await subject.save();
    throw error;
  }
}
