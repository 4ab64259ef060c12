import type { Preprocessing, Split } from './data/dataset.js';
import { mix, permutationOf, randomStream, type Random } from './random.js';

/** Changes one sample in place: `[height, width, channels]`, already network input. */
export type Augment = (sample: Float32Array, shape: readonly number[], random: Random) => void;

/** One batch of network input. The arrays are reused by the next batch. */
export interface Batch {
  x: Float32Array;
  y: Int32Array;
  count: number;
}

export interface BatchOptions {
  batch: number;
  preprocessing: Preprocessing;
  inputShape: readonly number[];
}

/** Gathers samples into batches: one copy, with the preprocessing on the way. */
export class Batcher {
  readonly #split: Split;
  readonly #options: BatchOptions;
  readonly #size: number;
  readonly #scale: Float32Array;
  readonly #offset: Float32Array;
  readonly #x: Float32Array;
  readonly #y: Int32Array;

  constructor(split: Split, options: BatchOptions) {
    if (split.count === 0) throw new RangeError('data: expected at least one sample, got 0');
    this.#split = split;
    this.#options = options;
    this.#size = split.x.length / split.count;
    const channels = options.inputShape.at(-1) ?? 1;
    this.#scale = perChannel(options.preprocessing.scale, channels);
    this.#offset = perChannel(options.preprocessing.offset, channels);
    this.#x = new Float32Array(options.batch * this.#size);
    this.#y = new Int32Array(options.batch);
  }

  /** Batches in an epoch; the last may be short. */
  get length(): number {
    return Math.ceil(this.#split.count / this.#options.batch);
  }

  /** Samples `order[start..]`, or in file order; as many as fit. */
  at(index: number, order?: Uint32Array): Batch {
    const start = index * this.#options.batch;
    const count = Math.min(this.#options.batch, this.#split.count - start);
    for (let i = 0; i < count; i++) this.#copy(order ? order[start + i] : start + i, i);
    return { x: this.#x.subarray(0, count * this.#size), y: this.#y.subarray(0, count), count };
  }

  /** As `at`, in the order of `epoch`, each sample changed by `augment`. The same for the same seed. */
  shuffled(index: number, epoch: number, seed: number, augment?: Augment): Batch {
    if (this.#epoch !== epoch || this.#seed !== seed) {
      this.#order = permutationOf(this.#split.count, randomStream(mix(seed, 1, epoch)));
      [this.#epoch, this.#seed] = [epoch, seed];
    }
    const batch = this.at(index, this.#order);
    if (augment) {
      const random = randomStream(mix(seed, 2, epoch, index));
      for (let i = 0; i < batch.count; i++)
        augment(batch.x.subarray(i * this.#size, (i + 1) * this.#size), this.#options.inputShape, random);
    }
    return batch;
  }

  #order?: Uint32Array;
  #epoch = -1;
  #seed = 0;

  #copy(sample: number, slot: number): void {
    const { x, y } = this.#split;
    const size = this.#size;
    const channels = this.#scale.length;
    const source = sample * size;
    const target = slot * size;
    this.#y[slot] = y[sample];
    for (let i = 0, c = 0; i < size; i++) {
      this.#x[target + i] = x[source + i] * this.#scale[c] + this.#offset[c];
      if (++c === channels) c = 0;
    }
  }
}

function perChannel(value: number | number[], channels: number): Float32Array {
  if (!Array.isArray(value)) return new Float32Array(channels).fill(value);
  if (value.length !== channels)
    throw new RangeError(`preprocessing: expected ${channels} numbers, one a channel, got ${value.length}`);
  return Float32Array.from(value);
}
