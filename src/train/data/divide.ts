import { isInMemory, type Dataset, type Split } from './dataset.js';

/**
 * A set of one split as two: the even samples of what is there train and calibrate, the odd ones test. Views of samples on disk,
 * copies of those in memory.
 */
export function alternate(data: Dataset): Dataset {
  const whole = data.train.count > 0 ? data.train : data.test;
  return { ...data, train: everySecond(whole, 0), test: everySecond(whole, 1) };
}

function everySecond({ x, y, count }: Split, first: 0 | 1): Split {
  const samples = Array.from({ length: Math.ceil((count - first) / 2) }, (_, i) => first + 2 * i);
  return {
    x: isInMemory(x)
      ? pick(x, samples, x.length / count)
      : { dtype: x.dtype, read: (numbers) => x.read(Array.from(numbers, (number) => samples[number])) },
    y: y && pick(y, samples, 1),
    count: samples.length,
  };
}

function pick<
  T extends { slice(): T; set(values: T, at: number): void; subarray(from: number, to?: number): T },
>(values: T, samples: readonly number[], size: number): T {
  const picked = values.subarray(0, samples.length * size).slice();
  samples.forEach((sample, slot) =>
    picked.set(values.subarray(sample * size, (sample + 1) * size), slot * size),
  );
  return picked;
}
