import { elements } from '../graph/index.js';
import { fillInput, type Preprocessing, type StoredValues } from '../preprocess/index.js';
import { isInMemory, type Split } from './data/dataset.js';
import { mixUp } from './mixup.js';
import { mix, permutationOf, randomStream, type Random } from './random.js';

/** Changes one sample in place, already network input. `shape` is `[height, width, channels]`, also where `layout` is `chw`. */
export type Augment = (
  sample: Float32Array,
  shape: readonly number[],
  random: Random,
  layout?: Preprocessing['layout'],
) => void;

/** What is done to training samples, at random. */
export interface Changes {
  augment?: Augment;
  /** See `mixUp`; labels then say nothing. */
  mixup?: number;
}

/** One batch of network input. The arrays are reused by the next batch. */
export interface Batch {
  x: Float32Array;
  /** Classes; zeros where the split has no labels. */
  y: Int32Array;
  count: number;
}

export interface BatchOptions {
  batch: number;
  preprocessing: Preprocessing;
  /** Of a stored sample. */
  inputShape: readonly number[];
  /** The samples that shuffled epochs draw from. Default: all. */
  pool?: Uint32Array;
  /** How many of the pool an epoch has, others each time. Default: all. */
  epochSamples?: number;
}

/** Gathers samples into batches: one copy, with the preprocessing on the way. */
export class Batcher {
  readonly #split: Split;
  readonly #options: BatchOptions;
  readonly #size: number;
  readonly #x: Float32Array;
  readonly #y: Int32Array;

  constructor(split: Split, options: BatchOptions) {
    if (split.count === 0) throw new RangeError('data: expected at least one sample, got 0');
    this.#split = split;
    this.#options = options;
    this.#size = elements(options.inputShape);
    this.#x = new Float32Array(options.batch * this.#size);
    this.#y = new Int32Array(options.batch);
    this.#fill(new Uint8Array(this.#size), 0); // finds out whether the preprocessing fits
  }

  /** Batches of all samples; the last may be short. */
  get length(): number {
    return Math.ceil(this.#split.count / this.#options.batch);
  }

  /** Samples `order[start..]`, or in file order; as many as fit. */
  async at(index: number, order?: Uint32Array): Promise<Batch> {
    const start = index * this.#options.batch;
    const count = Math.min(this.#options.batch, (order?.length ?? this.#split.count) - start);
    const samples = Uint32Array.from({ length: count }, (_, i) => (order ? order[start + i] : start + i));
    const { x, y } = this.#split;
    if (isInMemory(x)) samples.forEach((sample, slot) => this.#fill(this.#valuesAt(x, sample), slot));
    else {
      const read = await x.read(samples);
      for (let slot = 0; slot < count; slot++) this.#fill(this.#valuesAt(read, slot), slot);
    }
    if (y) samples.forEach((sample, slot) => (this.#y[slot] = y[sample]));
    return { x: this.#x.subarray(0, count * this.#size), y: this.#y.subarray(0, count), count };
  }

  /** As `at`, in the order of `epoch`, samples changed as `changes` say. The same for the same seed. */
  async shuffled(
    index: number,
    epoch: number,
    seed: number,
    { augment, mixup }: Changes = {},
  ): Promise<Batch> {
    if (this.#epoch !== epoch || this.#seed !== seed) {
      this.#order = this.#orderOf(epoch, seed);
      [this.#epoch, this.#seed] = [epoch, seed];
    }
    const batch = await this.at(index, this.#order);
    const random = randomStream(mix(seed, 2, epoch, index));
    if (augment) {
      const { inputShape, preprocessing } = this.#options;
      for (let i = 0; i < batch.count; i++)
        augment(
          batch.x.subarray(i * this.#size, (i + 1) * this.#size),
          inputShape,
          random,
          preprocessing.layout,
        );
    }
    if (mixup) mixUp(batch.x, this.#size, mixup, random);
    return batch;
  }

  #orderOf(epoch: number, seed: number): Uint32Array {
    const { pool, epochSamples } = this.#options;
    const order = permutationOf(pool?.length ?? this.#split.count, randomStream(mix(seed, 1, epoch)));
    const drawn = order.subarray(0, epochSamples ?? order.length);
    return pool ? drawn.map((i) => pool[i]) : drawn;
  }

  #order?: Uint32Array;
  #epoch = -1;
  #seed = 0;

  #valuesAt(x: StoredValues, sample: number): StoredValues {
    return x.subarray(sample * this.#size, (sample + 1) * this.#size);
  }

  #fill(stored: StoredValues, slot: number): void {
    const { inputShape, preprocessing } = this.#options;
    const target = this.#x.subarray(slot * this.#size, (slot + 1) * this.#size);
    fillInput(stored, target, inputShape.at(-1) ?? 1, preprocessing);
  }
}
