import { PRESETS, type Preprocessing, type StoredValues } from '../../preprocess/index.js';

export type { Preprocessing, StoredValues } from '../../preprocess/index.js';

/** Samples that stay on disk until they are asked for: pictures and sounds are decoded batch by batch. */
export interface SampleReader {
  /** What the values are stored as. */
  dtype: 'u8' | 'f32';
  /** Values of the samples of these numbers, one after another. */
  read(samples: ArrayLike<number>): Promise<StoredValues>;
}

/** Samples of one split, in file order. */
export interface Split {
  /** `count` samples, each `inputShape` row-major with channels last: in memory, or read when needed. */
  x: StoredValues | SampleReader;
  /** Class of each sample; absent: nobody says. */
  y?: Uint8Array | Int32Array;
  count: number;
}

/** A set of samples. A split that was not asked for, or is not there, has count 0. */
export interface Dataset {
  name: string;
  /** `[height, width, channels]` or `[n]`. */
  inputShape: number[];
  classes: number;
  labels: string[];
  train: Split;
  test: Split;
  preprocessing: Preprocessing;
}

/** A data set that is missing, short or corrupt. The message says what was expected, what was found, and what to do. */
export class DatasetError extends Error {
  override name = 'DatasetError';
}

/** What preprocessing stored values want that nobody described: bytes become 0..1, all else stays. */
export function usualPreprocessing(x: Split['x']): Preprocessing {
  return isBytes(x) ? PRESETS.unit : PRESETS.none;
}

/** A split without samples. */
export function emptySplit(): Split {
  return { x: new Uint8Array(0), y: new Uint8Array(0), count: 0 };
}

export function isInMemory(x: Split['x']): x is StoredValues {
  return ArrayBuffer.isView(x);
}

/** True where samples are stored as bytes 0..255. */
export function isBytes(x: Split['x']): boolean {
  return isInMemory(x) ? x instanceof Uint8Array : x.dtype === 'u8';
}

/** The values of a split that lies in memory. */
export function valuesOf({ x }: Split): StoredValues {
  if (isInMemory(x)) return x;
  throw new RangeError('split: expected samples in memory, got some that are read from disk');
}

/** The classes of a split. @throws DatasetError where nobody says them */
export function labelsOf({ y }: Split): Uint8Array | Int32Array {
  if (y) return y;
  throw new DatasetError('data: expected labelled samples, got none with labels; add a labels.csv');
}

/** The first `limit` samples; views, not copies. */
export function takeFirst(split: Split, limit: number | undefined): Split {
  if (limit === undefined || limit >= split.count) return split;
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`limit: expected an integer >= 1, got ${limit}`);
  const { x, y, count } = split;
  const first = isInMemory(x) ? x.subarray(0, (x.length / count) * limit) : x;
  return { x: first, y: y?.subarray(0, limit), count: limit };
}
