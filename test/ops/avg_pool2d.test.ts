import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { checkTranspose } from './gradients.js';
import {
  compareInt8,
  compareTraining,
  graphOf,
  inputsOf,
  int8GraphOf,
  randomQuantization,
} from './helpers.js';
import { randomPool } from './pools.js';

t.test('a hand-computed example: padding does not count', async (t) => {
  const graph = graphOf({
    op: 'avg_pool2d',
    inputs: [[2, 2, 1]],
    attributes: { size: [2, 2], strides: [1, 1], pads: [1, 0, 0, 1] },
  });
  t.same([...runReference(graph, [Float32Array.of(1, 2, 4, 8)])[0]], [1.5, 2, 3.75, 5]);
});

t.test(`training forward equals the reference (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) compareTraining(randomPool(r, 'avg_pool2d'), 16, r);
});

t.test(`int8 equals real numbers up to rounding (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const spec = randomPool(r, 'avg_pool2d');
    const inputQuantization = [randomQuantization(r)];
    const outputQuantization = { scale: Math.fround(0.01 + r.next()), zeroPoint: r.int(-128, 127) };
    const graph = int8GraphOf({ ...spec, inputQuantization, outputQuantization, weights: {} });
    compareInt8(graph, graphOf(spec), inputsOf(graph, r), JSON.stringify(spec));
  }
});

t.test(`its gradient is its transpose, at the image's edge too (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) checkTranspose(randomPool(r, 'avg_pool2d'), r);
});
