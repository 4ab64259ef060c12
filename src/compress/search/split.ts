import {
  isInMemory,
  type Dataset,
  type SampleReader,
  type Split,
  type StoredValues,
} from '../../train/index.js';
import { mix, permutationOf, randomStream } from '../../train/random.js';

/**
 * Splits validation samples off the training samples, drawn by `seed`: `train` is what is left, or its first `samples`; `test` is what
 * validates. The test samples are not in it.
 *
 * @throws RangeError where too few samples would be left
 */
export function validationSplit(
  data: Dataset,
  { seed, validation, samples }: { seed: number; validation: number; samples?: number },
): Dataset {
  const { count } = data.train;
  if (validation >= count)
    throw new RangeError(
      `search.validation.samples: expected fewer than the ${count} training samples of ${data.name}, got ${validation}`,
    );
  const order = permutationOf(count, randomStream(mix(seed, 11)));
  const left = order.subarray(validation);
  const train = pickSamples(data.train, left.subarray(0, samples ?? left.length));
  return { ...data, train, test: pickSamples(data.train, order.subarray(0, validation)) };
}

/** The samples of these numbers, in their order: copied where they lie in memory. */
export function pickSamples({ x, y, count }: Split, numbers: Uint32Array): Split {
  const size = isInMemory(x) ? x.length / count : 0;
  return {
    x: isInMemory(x) ? gathered(x, numbers, size) : picked(x, numbers),
    y: y && gathered(y, numbers, 1),
    count: numbers.length,
  };
}

/** Rows of `size` values. */
function gathered<T extends StoredValues | Int32Array>(values: T, numbers: Uint32Array, size: number): T {
  const copy = values.slice(0, numbers.length * size) as T;
  numbers.forEach((n, i) => copy.set(values.subarray(n * size, (n + 1) * size), i * size));
  return copy;
}

function picked(reader: SampleReader, numbers: Uint32Array): SampleReader {
  return { dtype: reader.dtype, read: (wanted) => reader.read(Uint32Array.from(wanted, (n) => numbers[n])) };
}
