import { tensor, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import type { Graph } from '../../../graph/index.js';
import {
  augmentImages,
  Batcher,
  inferenceBatch,
  type AugmentOptions,
  type Batch,
  type Dataset,
  type Preprocessing,
} from '../../../train/index.js';

export interface SampleOptions {
  /** Training samples, drawn by seed; all where there are fewer, or, with `augment`, all several times. */
  samples: number;
  augment?: AugmentOptions;
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
  const augment = options.augment && augmentImages(options.augment);
  const total = augment ? options.samples : Math.min(options.samples, data.train.count);
  for (let done = 0, step = 0; done < total; step++) {
    options.signal?.throwIfAborted();
    const [epoch, index] = [Math.floor(step / batcher.length), step % batcher.length];
    const { x, y, count: read } = await batcher.shuffled(index, epoch, options.seed, { augment });
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
