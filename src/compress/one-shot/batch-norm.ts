import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { copyGraph, type Graph, type Node } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import { Replay } from './replay.js';
import { readSamples, type SampleOptions, type WorkOptions } from './samples.js';

export type BatchNormOptions = SampleOptions & WorkOptions;

/**
 * A copy of the graph whose batch norms have the mean and the variance of what they read now: a pruned layer's outputs are
 * smaller and moved, which training's moving averages know nothing of ("batch-norm tuning", Frantar and Alistarh 2022; Hubara
 * et al. 2021). Layer after layer, so that each sees what those before it give since; exact over the samples, where a moving
 * average of batches would only come near. A graph without batch norm comes back as it is.
 * @param graph f32
 */
export async function reestimateBatchNorm(
  graph: Graph,
  data: Dataset,
  options: BatchNormOptions,
): Promise<Graph> {
  const corrected = copyGraph(graph);
  const norms = graph.nodes.flatMap(({ op }, index) => (op === 'batch_norm' ? [index] : []));
  if (norms.length === 0) return corrected;
  const replay = new Replay(corrected, await readSamples(data, options));
  try {
    for (const [done, index] of norms.entries()) {
      options.signal?.throwIfAborted();
      setStatistics(corrected, corrected.nodes[index], statisticsOf(replay, index));
      options.onProgress?.(done + 1, norms.length);
      await setImmediate();
    }
  } finally {
    replay.dispose();
  }
  return corrected;
}

/** Of the last axis of what a node reads. */
export interface Statistics {
  mean: Float32Array;
  variance: Float32Array;
}

/** Sums are of each batch around its own mean, joined in double precision (Chan et al. 1979): no cancellation of large means. */
function statisticsOf(replay: Replay, index: number): Statistics {
  let [count, mean, squares]: [number, number[], number[]] = [0, [], []];
  for (let batch = 0; batch < replay.batches; batch++) {
    const [x] = replay.inputsOf(index, batch);
    const part = tf.tidy(() => momentsOf(x));
    x.dispose();
    const total = count + part.count;
    squares = part.squares.map((s, c) => {
      const apart = part.mean[c] - (mean[c] ?? 0);
      return s + (squares[c] ?? 0) + (apart * apart * count * part.count) / total;
    });
    mean = part.mean.map((m, c) => ((mean[c] ?? 0) * count + m * part.count) / total);
    count = total;
  }
  return { mean: Float32Array.from(mean), variance: Float32Array.from(squares, (s) => s / count) };
}

function momentsOf(x: tf.Tensor): { count: number; mean: number[]; squares: number[] } {
  const channels = x.shape.at(-1)!;
  const count = x.size / channels;
  const { mean, variance } = tf.moments(tf.reshape(x, [count, channels]), 0);
  return {
    count,
    mean: Array.from(mean.dataSync()),
    squares: Array.from(variance.dataSync(), (v) => v * count),
  };
}

function setStatistics(graph: Graph, { weights }: Node, { mean, variance }: Statistics): void {
  graph.weights.get(weights.mean)!.data = mean;
  graph.weights.get(weights.variance)!.data = variance;
}
