import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import type { Graph } from '../../graph/index.js';
import { byteRange } from '../../preprocess/index.js';
import {
  Batcher,
  createParameters,
  forward,
  isBytes,
  inferenceBatch,
  logitsOf,
  weightTensors,
  type Dataset,
  type Preprocessing,
} from '../../train/index.js';
import { ChannelObserver, createObserver, type Observer, type ObserverOptions } from './observers.js';
import type { Range } from './range.js';

/** Which samples are run, and how. */
export interface SampleOptions {
  /** Training samples that are run. */
  samples: number;
  seed: number;
  preprocessing?: Preprocessing;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

export type CalibrateOptions = SampleOptions & ObserverOptions;

/**
 * Ranges of all activations of an f32 graph by tensor name, over training samples drawn by seed. The input's range is that of
 * its pixels, where the data are bytes: 0..255 through the preprocessing.
 */
export async function calibrate(
  graph: Graph,
  data: Dataset,
  options: CalibrateOptions,
): Promise<Map<string, Range>> {
  const observers = new Map<string, Observer>();
  const means = meanObservers(graph);
  const observe = (name: string, values: Float32Array): void => {
    if (!observers.has(name)) observers.set(name, createObserver(options));
    observers.get(name)!.observe(values);
    means.get(name)?.observe(values);
  };
  await observeSamples(graph, data, options, observe);
  const ranges = new Map(
    Array.from(observers, ([name, observer]): [string, Range] => [
      name,
      { ...observer.range(), means: means.get(name)?.means() },
    ]),
  );
  if (isBytes(data.train.x))
    Object.assign(ranges.get(graph.inputs[0])!, byteRange(options.preprocessing ?? data.preprocessing));
  for (const [name, { min, max }] of ranges)
    if (!Number.isFinite(min) || !Number.isFinite(max))
      throw new RangeError(`calibration: expected finite values of '${name}', got ${min}..${max}`);
  return ranges;
}

/** Of what layers with kernels read. */
function meanObservers(graph: Graph): Map<string, ChannelObserver> {
  const layers = graph.nodes.filter(({ weights }) => weights.kernel !== undefined);
  return new Map(
    layers.map(({ inputs: [name] }) => [name, new ChannelObserver(graph.tensors.get(name)!.shape.at(-1)!)]),
  );
}

/** Runs training samples drawn by seed through an f32 graph; `observe` sees every activation, batch by batch. */
export async function observeSamples(
  graph: Graph,
  data: Dataset,
  options: SampleOptions,
  observe: (name: string, values: Float32Array) => void,
): Promise<void> {
  const { inputShape } = data;
  const preprocessing = options.preprocessing ?? data.preprocessing;
  const batcher = new Batcher(data.train, { batch: inferenceBatch(inputShape), preprocessing, inputShape });
  const networkShape = graph.tensors.get(graph.inputs[0])!.shape;
  const total = Math.min(options.samples, data.train.count);
  const weights = weightTensors(createParameters(graph));
  const until = logitsOf(graph);
  try {
    for (let done = 0, index = 0; done < total; index++) {
      options.signal?.throwIfAborted();
      const batch = await batcher.shuffled(index, 0, options.seed);
      const count = Math.min(batch.count, total - done);
      const values = batch.x.subarray(0, (batch.x.length / batch.count) * count);
      tidy(() => {
        const x = tensor(values, [count, ...networkShape], 'float32');
        const onTensor: Parameters<typeof forward>[3] = {
          until,
          onTensor: (name, t) => observe(name, t.dataSync() as Float32Array),
        };
        forward(graph, weights, x, onTensor);
      });
      done += count;
      options.onProgress?.(done, total);
      await setImmediate();
    }
  } finally {
    dispose([...weights.values()]);
  }
}
