import { dispose, logSoftmax, tidy } from '@tensorflow/tfjs-core';
import type { Graph } from '../../graph/index.js';
import { createParameters, forward, logitsOf, weightTensors } from '../../train/index.js';
import { forEachSample, inputTensor, type SampleOptions } from '../prune/evidence/samples.js';
import { cosine, sampleOf, takeOut, type Removable } from './blocks.js';
import type { ImportanceContext } from './importance.js';
import type { LayerOptions } from './schema.js';

/** How much each part of `graph` matters; `source` is the graph before any was taken out. */
export type LayerCriterion = (
  graph: Graph,
  parts: readonly Removable[],
  samples: number,
  context: ImportanceContext,
  source: Graph,
) => Promise<number[]>;

/** By name in recipes. */
export const LAYER_CRITERIA: Record<LayerOptions['criterion'], LayerCriterion> = {
  /** `1 - E cos(input, output)`: block influence (ShortGPT, Men et al. 2024). */
  similarity: async (graph, parts, samples, { data, ...context }) => {
    const sums = parts.map(() => 0);
    let count = 0;
    const wanted = new Set(parts.flatMap(({ input, output }) => [input, output]));
    await run(graph, data, { ...context, samples }, wanted, (values, _labels, batch) => {
      parts.forEach(({ input, output }, i) => {
        const { shape } = graph.tensors.get(input)!;
        for (let sample = 0; sample < batch; sample++) {
          const [x, y] = [input, output].map((name) => sampleOf(values.get(name)!, shape, sample));
          sums[i] += 1 - cosine(x, y);
        }
      });
      count += batch;
    });
    return sums.map((sum) => sum / count);
  },

  /** `E KL(source || without it)` of what the networks say, nats. No labels are read. */
  divergence: async (graph, parts, samples, { data, ...context }, source) => {
    const options = { ...context, samples };
    const want = await logProbabilities(source, data, options);
    const scores: number[] = [];
    for (const part of parts) {
      const got = await logProbabilities(takeOut(graph, part), data, options);
      const sum = want.scores.reduce((all, log, i) => all + Math.exp(log) * (log - got.scores[i]), 0);
      scores.push(sum / want.labels.length);
    }
    return scores;
  },

  /** Cross-entropy of the network without it, nats. */
  loss: async (graph, parts, samples, { data, ...context }) => {
    if (!data.train.y)
      throw new RangeError(
        `structure.layers.criterion: expected labelled samples for "loss", got none of ${data.name}; use "divergence"`,
      );
    const scores: number[] = [];
    for (const part of parts) {
      const got = await logProbabilities(takeOut(graph, part), data, { ...context, samples });
      const classes = got.scores.length / got.labels.length;
      const sum = got.labels.reduce((all, label, i) => all - got.scores[i * classes + label], 0);
      scores.push(sum / got.labels.length);
    }
    return scores;
  },
};

/** Log of what the network says of each sample's classes, and the samples' classes. */
async function logProbabilities(
  graph: Graph,
  data: ImportanceContext['data'],
  options: SampleOptions,
): Promise<{ scores: number[]; labels: number[] }> {
  const scores: number[] = [];
  const labels: number[] = [];
  const logits = logitsOf(graph);
  await run(graph, data, options, new Set([logits]), (values, own, batch) => {
    tidy(() => {
      const rows = values.get(logits)!;
      for (let sample = 0; sample < batch; sample++) {
        const row = rows.subarray((sample * rows.length) / batch, ((sample + 1) * rows.length) / batch);
        scores.push(...logSoftmax(Array.from(row)).dataSync());
        labels.push(own[sample]);
      }
    });
  });
  return { scores, labels };
}

/** Shows `visit` the values of the wanted tensors, batch by batch. */
async function run(
  graph: Graph,
  data: ImportanceContext['data'],
  options: SampleOptions,
  wanted: ReadonlySet<string>,
  visit: (values: ReadonlyMap<string, Float32Array>, labels: Int32Array, batch: number) => void,
): Promise<void> {
  const weights = weightTensors(createParameters(graph));
  try {
    await forEachSample(data, options, (batch) => {
      const values = new Map<string, Float32Array>();
      tidy(() => {
        forward(graph, weights, inputTensor(graph, batch), {
          until: logitsOf(graph),
          onTensor: (name, tensor) => {
            if (wanted.has(name)) values.set(name, tensor.dataSync() as Float32Array);
          },
        });
      });
      visit(values, batch.y, batch.count);
    });
  } finally {
    dispose([...weights.values()]);
  }
}
