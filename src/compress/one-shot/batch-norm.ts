import { setImmediate } from 'node:timers/promises';
import { copyGraph, type Graph, type Node } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import { ChannelMoments, type Statistics } from './channel-moments.js';
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

/** Of what a node reads, over all batches. */
function statisticsOf(replay: Replay, index: number): Statistics {
  const moments = new ChannelMoments();
  for (let batch = 0; batch < replay.batches; batch++) {
    const [x] = replay.inputsOf(index, batch);
    moments.add(x);
    x.dispose();
  }
  return moments.statistics();
}

function setStatistics(graph: Graph, { weights }: Node, { mean, variance }: Statistics): void {
  graph.weights.get(weights.mean)!.data = mean;
  graph.weights.get(weights.variance)!.data = variance;
}
