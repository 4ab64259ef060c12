import { isInMemory, type Dataset, type SampleReader, type Split } from '../../train/index.js';
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
export function pickSamples(split: Split, numbers: Uint32Array): Split {
  const { x, y, count } = split;
  const labels = y && (y instanceof Uint8Array ? Uint8Array : Int32Array).from(numbers, (n) => y[n]);
  if (!isInMemory(x)) return { x: picked(x, numbers), y: labels, count: numbers.length };
  const size = x.length / count;
  const copy = new (x.constructor as new (length: number) => typeof x)(numbers.length * size);
  numbers.forEach((n, i) => copy.set(x.subarray(n * size, (n + 1) * size), i * size));
  return { x: copy, y: labels, count: numbers.length };
}

function picked(reader: SampleReader, numbers: Uint32Array): SampleReader {
  return { dtype: reader.dtype, read: (wanted) => reader.read(Uint32Array.from(wanted, (n) => numbers[n])) };
}
