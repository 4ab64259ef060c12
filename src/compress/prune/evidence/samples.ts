import { tensor, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import type { Graph } from '../../../graph/index.js';
import {
  Batcher,
  inferenceBatch,
  type Batch,
  type Dataset,
  type Preprocessing,
} from '../../../train/index.js';

export interface SampleOptions {
  /** Training samples, drawn by seed. */
  samples: number;
  seed: number;
  preprocessing?: Preprocessing;
  /** Samples at once. Default: 64, fewer of large ones. */
  batch?: number;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** Visits training samples batch by batch, in an order that `seed` draws. The arrays are reused by the next batch. */
export async function forEachSample(
  data: Dataset,
  options: SampleOptions,
  visit: (batch: Batch) => void,
): Promise<void> {
  const { inputShape } = data;
  const preprocessing = options.preprocessing ?? data.preprocessing;
  const batch = options.batch ?? Math.min(64, inferenceBatch(inputShape));
  const batcher = new Batcher(data.train, { batch, preprocessing, inputShape });
  const total = Math.min(options.samples, data.train.count);
  for (let done = 0, index = 0; done < total; index++) {
    options.signal?.throwIfAborted();
    const { x, y, count: read } = await batcher.shuffled(index, 0, options.seed);
    const count = Math.min(read, total - done);
    visit({ x: x.subarray(0, (x.length / read) * count), y: y.subarray(0, count), count });
    done += count;
    options.onProgress?.(done, total);
    await setImmediate();
  }
}

/** A batch as the graph's input. */
export function inputTensor(graph: Graph, { x, count }: Batch): TfTensor {
  return tensor(x, [count, ...graph.tensors.get(graph.inputs[0])!.shape], 'float32');
}
