import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { graphOf, inputsOf, int8GraphOf, randomQuantization } from './helpers.js';
import { randomPool } from './pools.js';

t.test('a hand-computed example: padding never wins, not even over negative values', async (t) => {
  const graph = graphOf({
    op: 'max_pool2d',
    inputs: [[2, 2, 1]],
    attributes: { size: [2, 2], strides: [2, 1], pads: [1, 1, 1, 1] },
  });
  t.same([...runReference(graph, [Float32Array.of(-4, -3, -2, -1)])[0]], [-4, -3, -3, -2, -1, -1]);
});

t.test(`training forward gives the same values (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const spec = randomPool(r, 'max_pool2d');
    const graph = graphOf(spec);
    const inputs = inputsOf(graph, r) as Float32Array[];
    t.same(trainForwardArrays(graph, inputs), runReference(graph, inputs), JSON.stringify(spec));
  }
});

t.test(`int8 compares stored values (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 30; i++) {
    const spec = randomPool(r, 'max_pool2d');
    const q = randomQuantization(r);
    const graph = int8GraphOf({ ...spec, inputQuantization: [q], outputQuantization: q, weights: {} });
    const [x] = inputsOf(graph, r);
    const [want] = runReference(graphOf(spec), [Float32Array.from(x)]);
    t.same([...runReference(graph, [x])[0]], [...want], JSON.stringify(spec));
  }
});
