/** Samples of one split, in file order. */
export interface Split {
  /** `count` samples, each `inputShape` row-major with channels last. */
  x: Uint8Array | Int8Array | Float32Array;
  /** Class of each sample. */
  y: Uint8Array | Int32Array;
  count: number;
}

/** How a stored sample becomes the network's input: `input = stored * scale + offset`, a number or one a channel. */
export interface Preprocessing {
  scale: number | number[];
  offset: number | number[];
}

/** A labelled set in memory. A split that was not asked for, or is not there, has count 0. */
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

/** A split without samples. */
export function emptySplit(): Split {
  return { x: new Uint8Array(0), y: new Uint8Array(0), count: 0 };
}

/** The first `limit` samples; views, not copies. */
export function takeFirst(split: Split, limit: number | undefined): Split {
  if (limit === undefined || limit >= split.count) return split;
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`limit: expected an integer >= 1, got ${limit}`);
  const size = split.x.length / split.count;
  return { x: split.x.subarray(0, limit * size), y: split.y.subarray(0, limit), count: limit };
}
