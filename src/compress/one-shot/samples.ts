import { Batcher, inferenceBatch, type Dataset, type Preprocessing } from '../../train/index.js';

/** Which samples a network is calibrated on; their labels are not read. */
export interface SampleOptions {
  /** Of the train split, drawn by seed; all where there are fewer. */
  samples: number;
  seed: number;
  preprocessing?: Preprocessing;
}

/** What a long stage calls back, and what stops it between two steps. */
export interface WorkOptions {
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** Samples of a batch: patches of a layer's input are several times its size. */
const MOST_AT_ONCE = 64;

/** Network input, in batches of a few samples each. */
export async function readSamples(
  data: Dataset,
  { samples, seed, preprocessing = data.preprocessing }: SampleOptions,
): Promise<Float32Array[]> {
  const { inputShape, train } = data;
  const batch = Math.min(inferenceBatch(inputShape), MOST_AT_ONCE);
  const batcher = new Batcher(train, { batch, preprocessing, inputShape });
  const total = Math.min(samples, train.count);
  const batches: Float32Array[] = [];
  for (let done = 0; done < total;) {
    const { x, count } = await batcher.shuffled(batches.length, 0, seed);
    const taken = Math.min(count, total - done);
    batches.push(x.slice(0, (x.length / count) * taken));
    done += taken;
  }
  return batches;
}
