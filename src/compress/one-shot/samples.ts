import type { AugmentOptions, Dataset, Preprocessing } from '../../train/index.js';
import { forEachSample } from '../prune/evidence/samples.js';

/** Which samples a network is calibrated on; their labels are not read. */
export interface SampleOptions {
  /** Of the train split, drawn by seed; all where there are fewer, or, with `augment`, all several times. */
  samples: number;
  augment?: AugmentOptions;
  seed: number;
  preprocessing?: Preprocessing;
}

/** What a long stage calls back, and what stops it between two steps. */
export interface WorkOptions {
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** Network input, in batches of a few samples each: patches of a layer's input are several times its size. */
export async function readSamples(
  data: Dataset,
  { samples, augment, seed, preprocessing }: SampleOptions,
): Promise<Float32Array[]> {
  const batches: Float32Array[] = [];
  await forEachSample(
    data,
    { samples, augment, seed, preprocessing },
    ({ x }) => void batches.push(x.slice()),
  );
  return batches;
}
