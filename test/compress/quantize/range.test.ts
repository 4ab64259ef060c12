import t from 'tap';
import { createObserver, MinMaxObserver, quantizationFor } from '../../../src/compress/quantize/index.js';
import { random, SEED } from '../../helpers/random.js';

t.test(`0 is a step, and the ends are within one (SEED=${SEED})`, (t) => {
  const { normal, next } = random();
  for (let round = 0; round < 500; round++) {
    const magnitude = 10 ** (12 * next() - 6);
    const [min, max] = [normal() * magnitude, normal() * magnitude].sort((a, b) => a - b);
    const { scale, zeroPoint } = quantizationFor({ min, max });
    t.ok(Number.isInteger(zeroPoint) && zeroPoint >= -128 && zeroPoint <= 127);
    t.equal(Math.fround(scale), scale);
    const [low, high] = [scale * (-128 - zeroPoint), scale * (127 - zeroPoint)];
    t.ok(
      low <= Math.min(0, min) + scale && high >= Math.max(0, max) - scale,
      `${min}..${max} in ${low}..${high}`,
    );
  }
  t.end();
});

t.test('pixels are exact; nothing but 0 has a scale too', (t) => {
  t.same(quantizationFor({ min: 0, max: 1 }), { scale: Math.fround(1 / 255), zeroPoint: -128 });
  t.same(quantizationFor({ min: 0, max: 0 }), { scale: 1, zeroPoint: 0 });
  t.same(quantizationFor({ min: 0, max: 1 }, 7), { scale: Math.fround(1 / 127), zeroPoint: 0 }, '7 bits');
  t.same(quantizationFor({ min: -1, max: 1 }, 7), quantizationFor({ min: -1, max: 1 }), 'only where >= 0');
  t.same(quantizationFor({ min: 0, max: 0 }, 7), { scale: 1, zeroPoint: 0 });
  t.end();
});

t.test('min-max sees all batches', (t) => {
  const observer = new MinMaxObserver();
  observer.observe(Float32Array.of(1, -2));
  observer.observe(Float32Array.of(5, 0));
  t.same(observer.range(), { min: -2, max: 5 });
  t.end();
});

t.test(`percentile: as sorting all values says, within a bin (SEED=${SEED})`, (t) => {
  const { normal } = random();
  for (const percentile of [100, 99.9, 99, 90]) {
    const observer = createObserver({ calibration: 'percentile', percentile });
    const all: number[] = [];
    for (let batch = 0; batch < 20; batch++) {
      const values = Float32Array.from({ length: 500 }, () => normal() * (1 + batch));
      all.push(...values);
      observer.observe(values);
    }
    all.sort((a, b) => a - b);
    const { min, max } = observer.range();
    const bin = (4 * Math.max(-all[0], all[9999])) / 4096;
    const skip = Math.floor((1 - percentile / 100) * 10000 + 1e-6);
    t.ok(Math.abs(max - all[9999 - skip]) <= bin, `${percentile}: ${max}, want ${all[9999 - skip]}`);
    t.ok(Math.abs(min - all[skip]) <= bin, `${percentile}: ${min}, want ${all[skip]}`);
  }
  t.end();
});

t.test('percentile behind relu: the zeros are not cut', (t) => {
  const observer = createObserver({ calibration: 'percentile', percentile: 99 });
  observer.observe(Float32Array.from({ length: 1000 }, (_, i) => (i < 900 ? 0 : i === 999 ? 100 : 1)));
  const { min, max } = observer.range();
  t.equal(min, 0);
  t.ok(max >= 1 && max < 1.1, `${max}`);
  const zeros = createObserver({ calibration: 'percentile', percentile: 99 });
  zeros.observe(new Float32Array(10));
  t.same(zeros.range(), { min: 0, max: 0 });
  t.end();
});
