import type { Preprocessing } from '../../preprocess/index.js';
import type { Dataset } from '../../train/index.js';
import { note } from './output.js';
import { createProgress } from './progress.js';

export interface DataOptions {
  split?: 'train' | 'test';
  preprocessing?: Preprocessing;
  inputShape?: readonly number[];
  signal?: AbortSignal;
}

/** Loads a set by name or folder; fetches a public one that is nowhere on this machine, with progress. */
export async function openData(name: string, options: DataOptions = {}): Promise<Dataset> {
  const { loadDataset } = await import('../../train/data/index.js');
  const progress = createProgress(`fetching ${name}`);
  try {
    return await loadDataset(name, {
      ...options,
      fetch,
      onLog: note,
      onProgress: (file, received, total) => progress.update(received, total || received, file),
    });
  } finally {
    progress.stop();
  }
}

/** `count` samples of noise without labels: bytes for an image's shape, -1..1 for others. */
export async function randomData(
  inputShape: readonly number[],
  count: number,
  seed: number,
): Promise<Dataset> {
  const [{ emptySplit, usualPreprocessing }, { randomStream }, { layoutOf, storedShape }] = await Promise.all(
    [
      import('../../train/data/dataset.js'),
      import('../../train/random.js'),
      import('../../preprocess/index.js'),
    ],
  );
  const random = randomStream(seed);
  const size = count * inputShape.reduce((product, dim) => product * dim, 1);
  const x =
    inputShape.length === 3
      ? Uint8Array.from({ length: size }, () => Math.floor(256 * random()))
      : Float32Array.from({ length: size }, () => 2 * random() - 1);
  return {
    name: 'noise',
    inputShape: storedShape(inputShape, { layout: layoutOf(inputShape) }),
    classes: 0,
    labels: [],
    train: emptySplit(),
    test: { x, count },
    preprocessing: usualPreprocessing(x),
  };
}
