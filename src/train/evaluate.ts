import { dispose, tensor } from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { elements, type Graph } from '../graph/index.js';
import { Batcher } from './batches.js';
import { takeFirst, type Dataset, type Preprocessing, type Split } from './data/dataset.js';
import { forward, logitsOf, weightTensors } from './forward.js';
import { argMax } from './loss.js';
import { createParameters } from './parameters.js';
import { tidyValues } from './tidy-values.js';

/** How often a classifier is right, in [0, 1]. */
export interface Evaluation {
  /** The largest score is the class; the first of equal scores counts. */
  accuracy: number;
  /** The class is among the five largest scores. */
  top5: number;
  count: number;
}

export interface EvaluateOptions {
  /** Only the first samples. */
  limit?: number;
  /** Default `test`. */
  split?: 'train' | 'test';
  preprocessing?: Preprocessing;
  /** Samples a forward pass. Default: 256, fewer of large ones. */
  batch?: number;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** Accuracy of an f32 graph, run with tfjs. */
export async function evaluate(
  graph: Graph,
  data: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const split = takeFirst(data[options.split ?? 'test'], options.limit);
  const score = new ScoreBoard();
  await forEachBatch(graph, data, split, options, (scores, labels) => score.add(scores, labels));
  return score.evaluation();
}

/** The class that an f32 graph, run with tfjs, gives each sample. */
export async function predictClasses(
  graph: Graph,
  data: Dataset,
  options: EvaluateOptions = {},
): Promise<Int32Array> {
  const split = takeFirst(data[options.split ?? 'test'], options.limit);
  const classes = new Int32Array(split.count);
  let done = 0;
  await forEachBatch(graph, data, split, options, (scores, { length }) => {
    const each = scores.length / length;
    for (let i = 0; i < length; i++) classes[done++] = argMax(scores.subarray(i * each, (i + 1) * each));
  });
  return classes;
}

async function forEachBatch(
  graph: Graph,
  data: Dataset,
  split: Split,
  options: EvaluateOptions,
  visit: (scores: Float32Array, labels: Int32Array) => void,
): Promise<void> {
  const preprocessing = options.preprocessing ?? data.preprocessing;
  const { inputShape } = data;
  const batcher = new Batcher(split, {
    batch: options.batch ?? inferenceBatch(inputShape),
    preprocessing,
    inputShape,
  });
  const networkShape = graph.tensors.get(graph.inputs[0])!.shape;
  const weights = weightTensors(createParameters(graph));
  const until = logitsOf(graph);
  let done = 0;
  try {
    for (let index = 0; index < batcher.length; index++) {
      options.signal?.throwIfAborted();
      const { x, y, count } = await batcher.at(index);
      const scores = tidyValues(() => {
        const input = tensor(x, [count, ...networkShape], 'float32');
        return forward(graph, weights, input, { until }).dataSync();
      });
      visit(scores as Float32Array, y);
      done += count;
      options.onProgress?.(done, split.count);
      await setImmediate();
    }
  } finally {
    dispose([...weights.values()]);
  }
}

/** Samples that a forward pass takes at once: at most 256, and 8 MiB of input, as activations are several times that. */
export function inferenceBatch(inputShape: readonly number[]): number {
  return Math.max(1, Math.min(256, Math.floor(2 ** 21 / elements(inputShape))));
}

/** Counts right answers; any executor's scores may be added. */
export class ScoreBoard {
  #right = 0;
  #among5 = 0;
  #count = 0;

  /** Scores of `labels.length` samples, one after the other. */
  add(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
    const classes = scores.length / labels.length;
    for (let sample = 0; sample < labels.length; sample++) {
      const rank = rankOf(scores, sample * classes, classes, labels[sample]);
      if (rank === 0) this.#right++;
      if (rank < 5) this.#among5++;
      this.#count++;
    }
  }

  evaluation(): Evaluation {
    return { accuracy: this.#right / this.#count, top5: this.#among5 / this.#count, count: this.#count };
  }
}

/** How many classes score better than `label`; of equal scores the first class is better. NaN is worse than all. */
function rankOf(scores: ArrayLike<number>, start: number, classes: number, label: number): number {
  const own = scores[start + label];
  if (Number.isNaN(own)) return Infinity;
  let better = 0;
  for (let c = 0; c < classes; c++)
    if (scores[start + c] > own || (scores[start + c] === own && c < label)) better++;
  return better;
}
