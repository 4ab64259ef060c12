import { setImmediate } from 'node:timers/promises';
import { copyGraph, type Graph } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import { Replay } from './replay.js';
import { readSamples, type SampleOptions, type WorkOptions } from './samples.js';

/**
 * Behind an activation an output's mean moves by less than its bias: so often each bias is moved by what its output's mean still
 * lacks.
 */
const STEPS = 3;

/**
 * A copy of `graph` whose layers' outputs have the means that they have in `source`, by their biases ("bias correction", Nagel et al.
 * 2019; on samples, as there in section 4.2 without batch norm): layer after layer, from what each reads after those before it. Layers
 * without a bias, or that `source` has not under their name and with as many outputs, stay.
 * @param graph f32
 * @param source the dense network
 */
export async function correctBiases(
  graph: Graph,
  source: Graph,
  data: Dataset,
  options: SampleOptions & WorkOptions,
): Promise<Graph> {
  const corrected = copyGraph(graph);
  const batches = await readSamples(data, options);
  const [now, before] = [new Replay(corrected, batches), new Replay(source, batches)];
  const layers = layersOfBoth(corrected, source);
  try {
    for (const [done, [index, sourceIndex]] of layers.entries()) {
      options.signal?.throwIfAborted();
      const wanted = before.meansOf(sourceIndex);
      const bias = corrected.weights.get(corrected.nodes[index].weights.bias)!;
      for (let step = 0; step < STEPS; step++) {
        const means = now.meansOf(index);
        bias.data = Float32Array.from(bias.data, (value, o) => value + wanted[o] - means[o]);
      }
      options.onProgress?.(done + 1, layers.length);
      await setImmediate();
    }
  } finally {
    now.dispose();
    before.dispose();
  }
  return corrected;
}

/** Indices of layers with a bias, in both graphs. */
function layersOfBoth(graph: Graph, source: Graph): [number, number][] {
  const indexOf = new Map(source.nodes.map(({ name }, index) => [name, index]));
  return graph.nodes.flatMap(({ name, weights: { kernel, bias }, outputs: [output] }, index) => {
    const other = indexOf.get(name);
    if (kernel === undefined || bias === undefined || other === undefined) return [];
    const [depth, wanted] = [
      graph.tensors.get(output)!,
      source.tensors.get(source.nodes[other].outputs[0])!,
    ].map(({ shape }) => shape.at(-1));
    return depth === wanted ? [[index, other]] : [];
  });
}
