import t from 'tap';
import type { Weight } from '../../src/graph/index.js';
import {
  activate,
  averageFactor,
  clampRange,
  dequantizeValue,
  quantizeValue,
  requantizeFactor,
  rescaleFactor,
  round,
  ROUND_LIMIT,
  store,
} from '../../src/ops/arithmetic.js';
import { checkSums } from '../../src/ops/linear.js';
import { random, SEED } from '../helpers/random.js';

t.test('round: halves to even, exact up to its limit', async (t) => {
  t.same([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49, -7.51].map(round), [0, 2, 2, 0, -2, -2, 0, -8]);
  t.same([ROUND_LIMIT - 1, 1 - ROUND_LIMIT].map(round), [4194303, -4194303]);
});

t.test(`round agrees with a rule written otherwise (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 2000; i++) {
    const v = Math.fround((r.next() - 0.5) * 2 ** r.int(0, 22));
    const below = Math.floor(v);
    const isUp = v - below > 0.5 || (v - below === 0.5 && below % 2 !== 0);
    if (round(v) !== below + Number(isUp)) t.fail(`round(${v}): got ${round(v)}`);
  }
});

t.test('factors are rounded to f32 at each step', async (t) => {
  const { fround } = Math;
  const [sx, sw, sy] = [0.1, 0.2, 0.3].map(fround);
  t.equal(requantizeFactor(sx, sw, sy), fround(fround(sx * sw) / sy));
  t.equal(rescaleFactor(sx, sy), fround(sx / sy));
  t.equal(averageFactor(sx, sy, 49), fround(fround(sx / sy) / 49));
});

t.test('clampRange narrows int8 by the activation', async (t) => {
  const q = { scale: 0.05, zeroPoint: -100 };
  t.same(clampRange('linear', q), [-128, 127]);
  t.same(clampRange('relu', q), [-100, 127]);
  t.same(clampRange('relu6', q), [-100, 20]);
  t.same(clampRange('relu6', { scale: 1e-30, zeroPoint: 3 }), [3, 127], 'a ceiling out of reach');
});

t.test('store, quantizeValue, dequantizeValue, activate', async (t) => {
  t.same([store(1.5, 10), store(1000, 10), store(-1000, 10), store(3, 0, 0, 2)], [12, 127, -128, 2]);
  const q = { scale: 0.5, zeroPoint: 4 };
  t.same(
    [1, 1e9, -Infinity, NaN].map((x) => quantizeValue(x, q)),
    [6, 127, -128, 4],
  );
  t.equal(dequantizeValue(6, q), 1);
  t.same(
    [-1, 3, 9].map((x) => activate(x, 'relu6')),
    [0, 3, 6],
  );
  t.same(
    [-1, 9].map((x) => activate(x, 'relu')),
    [0, 9],
  );
  t.equal(activate(-1, 'linear'), -1);
});

function kernel(data: number[]): Weight {
  return { name: 'k', shape: [1, data.length], dtype: 'i8', data: Int8Array.from(data), block: [1, 1] };
}

t.test('checkSums refuses what would not be exact', async (t) => {
  t.doesNotThrow(() => checkSums(kernel([127, -127]), [0], [1]));
  t.throws(() => checkSums(kernel([1]), [2 ** 31 - 200]), { message: /output 0: expected sums below 2\^31/ });
  t.throws(() => checkSums(kernel([127, -127]), [0], [70]), {
    message: /expected results below 2\^22 quanta/,
  });
});
