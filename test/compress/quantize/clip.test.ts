import t from 'tap';
import { clippedDivergence, klRange, mseRange } from '../../../src/compress/quantize/clip.js';
import { Histogram } from '../../../src/compress/quantize/histogram.js';
import { createObserver } from '../../../src/compress/quantize/index.js';
import { random, SEED } from '../../helpers/random.js';

const histogramOf = (values: ArrayLike<number>): Histogram => {
  const histogram = new Histogram();
  histogram.add(Float32Array.from(values));
  return histogram;
};

t.test('a histogram grows by merging bins, and counts zeros apart', async (t) => {
  const histogram = histogramOf([1, -0.7, 0]);
  histogram.add(Float32Array.of(3, 0.5));
  t.equal(histogram.limit, 4);
  t.equal(histogram.width, 8 / 4096);
  t.same([histogram.min, histogram.max, histogram.zeros, histogram.total], [Math.fround(-0.7), 3, 1, 5]);
  const at = (value: number): number => histogram.counts[Math.floor((value + 4) / histogram.width)];
  t.same([-0.7, 3, 0.5].map(at), [1, 1, 1]);
  t.equal(at(1 - histogram.width / 2), 1, 'the limit itself is in the last bin below it');
  t.equal(
    histogramOf([0, 0]).counts.some((count) => count > 0),
    false,
  );
});

t.test(
  'mse: n values near 1 and one at X: n (t / L)^2 / 12 + (X - t)^2 is least at t = X / (1 + n / (12 L^2))',
  async (t) => {
    const best = (n: number, bits: number): number => {
      const values = new Float32Array(n + 1).fill(0.9999);
      values[n] = 10;
      return mseRange(histogramOf(values), bits).max;
    };
    const bin = 20 / 4096;
    t.ok(Math.abs(best(12 * 255 ** 2, 8) - 5) <= 2 * bin);
    t.ok(Math.abs(best(12 * 127 ** 2, 7) - 5) <= 2 * bin, 'seven bits have 127 steps');
    t.ok(Math.abs(best(12 * 127 ** 2, 8) - 10 / (1 + (127 / 255) ** 2)) <= 2 * bin);
  },
);

t.test(`mse: no other range is better, on both sides (SEED=${SEED})`, async (t) => {
  const { normal } = random();
  const values = Float32Array.from({ length: 4000 }, () => normal() ** 3 + (normal() > 2 ? 20 : 0));
  const error = (min: number, max: number): number => {
    const step = (max - min) / 255;
    return values.reduce(
      (sum, x) => sum + (x > max ? (x - max) ** 2 : x < min ? (x - min) ** 2 : step ** 2 / 12),
      0,
    );
  };
  const { min, max } = mseRange(histogramOf(values));
  const least = error(min, max);
  for (let side = 0.5; side < 1.5; side += 0.05) {
    t.ok(error(min, max * side) > 0.99 * least, `max ${max * side}`);
    t.ok(error(min * side, max) > 0.99 * least, `min ${min * side}`);
  }
  t.ok(least < error(Math.min(...values), Math.max(...values)));
});

t.test('mse: zeros cost nothing', async (t) => {
  const few = [1, 2, 3, 5];
  t.same(mseRange(histogramOf([...new Float32Array(100_000), ...few])), mseRange(histogramOf(few)));
});

t.test('KL, by hand', async (t) => {
  // P = 3, 1, 2 + 2 clipped of 8; Q has one level over three bins: 2, 2, 2 of 6 = a third each.
  const counts = Float64Array.of(3, 1, 2, 0, 2);
  const third = 1 / 3;
  const want =
    0.375 * Math.log(0.375 / third) + 0.125 * Math.log(0.125 / third) + 0.5 * Math.log(0.5 / third);
  t.ok(Math.abs(clippedDivergence(counts, 3, 1) - want) < 1e-12);
  // Two levels: bins 0..1 (3 and 1, so 2 each), bin 2.
  const two =
    0.375 * Math.log(0.375 / (2 / 6)) + 0.125 * Math.log(0.125 / (2 / 6)) + 0.5 * Math.log(0.5 / (2 / 6));
  t.ok(Math.abs(clippedDivergence(counts, 3, 2) - two) < 1e-12);
  t.equal(clippedDivergence(counts, 4, 2), Infinity, 'the rest would stand where Q has nothing');
  t.equal(clippedDivergence(Float64Array.of(1, 1, 1, 1), 4, 2), 0, 'nothing is lost');
});

t.test(`KL clips what is rare and far, keeps what is even (SEED=${SEED})`, async (t) => {
  const { normal, next } = random();
  const tail = Float32Array.from({ length: 100_000 }, (_, i) => (i % 20_000 === 0 ? 30 : Math.abs(normal())));
  const clipped = klRange(histogramOf(tail));
  t.equal(clipped.min, Math.min(...tail));
  t.ok(clipped.max > 2 && clipped.max < 10, `${clipped.max}`);
  const even = histogramOf(Float32Array.from({ length: 100_000 }, () => next() * 4));
  t.ok(klRange(even).max > 3.9);
  const signed = klRange(histogramOf(tail.map((x, i) => (i % 2 ? x : -x))));
  t.ok(signed.min > -10 && signed.max < 10, 'both sides by magnitude');
});

t.test('observers: every calibration in one pass over batches, and nothing but zeros', async (t) => {
  for (const calibration of ['minmax', 'percentile', 'mse', 'kl'] as const) {
    const observer = createObserver({ calibration, percentile: 100 });
    for (const values of [
      [1, 2],
      [0, 4],
      [-3, 1],
    ])
      observer.observe(Float32Array.from(values));
    const { min, max } = observer.range();
    t.ok(min >= -3 && max <= 4 && min < max, `${calibration}: ${min}..${max}`);
    const zeros = createObserver({ calibration });
    zeros.observe(new Float32Array(10));
    t.same(zeros.range(), { min: 0, max: 0 }, calibration);
  }
});
