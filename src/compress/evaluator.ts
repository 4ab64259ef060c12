import { setImmediate } from 'node:timers/promises';
import { readLop } from '../format/index.js';
import { runReference } from '../reference/run.js';
import { Batcher, ScoreBoard, takeFirst } from '../train/index.js';
import type { Dataset, Evaluation, Preprocessing } from '../train/index.js';

/** What a file is measured on. */
export interface FileEvaluationOptions {
  /** Most test samples; default as the evaluator says. */
  limit?: number;
  /** How samples become input; default what the data say. */
  preprocessing?: Preprocessing;
  /** Told how many of all samples are done. */
  onProgress?(done: number, total: number): void;
  /** Cuts the work off; the promise rejects with its reason. */
  signal?: AbortSignal;
}

/** Measures a model file's accuracy on test samples. */
export type FileEvaluator = (
  bytes: Uint8Array,
  data: Dataset,
  options: FileEvaluationOptions,
) => Promise<Evaluation>;

/** Where no limit is given: the plain reference takes milliseconds a sample. */
const REFERENCE_SAMPLES = 1000;

/**
 * Runs the file with the plain reference, bit for bit what the runtime gives, on the first 1,000 test samples unless
 * limited. Callers that may load the WebAssembly runtime hand in a faster evaluator.
 */
export const referenceEvaluator: FileEvaluator = async (bytes, data, options) => {
  const model = readLop(bytes);
  const split = takeFirst(data.test, Math.min(options.limit ?? REFERENCE_SAMPLES, data.test.count));
  const preprocessing = options.preprocessing ?? data.preprocessing;
  const batcher = new Batcher(split, { batch: 1, preprocessing, inputShape: data.inputShape });
  const score = new ScoreBoard();
  for (let sample = 0; sample < split.count; sample++) {
    const { x, y } = await batcher.at(sample);
    score.add(runReference(model, [x])[0], y);
    if (sample % 16 !== 0) continue;
    options.signal?.throwIfAborted();
    options.onProgress?.(sample, split.count);
    await setImmediate();
  }
  return score.evaluation();
};
