import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient, compareForwards } from './families.js';
import { graphOf, inputsOf, within, type Case } from './helpers.js';

const op = 'layer_norm';

t.test('hand-computed, with and without gamma and beta', async () => {
  const x = Float32Array.of(1, 3, 2, 2, -4, 4);
  const attributes = { epsilon: 0 };
  const plain = graphOf({ op, inputs: [[1, 2]], attributes });
  within(runReference(plain, [x.slice(0, 2)])[0], [-1, 1], () => 0, 'plain');
  const gamma = { shape: [2], data: [10, 1] };
  const beta = { shape: [2], data: [0, 5] };
  const full = graphOf({ op, inputs: [[3, 2]], attributes: { epsilon: 1 }, weights: { gamma, beta } });
  const one = Math.SQRT1_2;
  const four = 4 / Math.sqrt(17);
  const want = [-10 * one, one + 5, 0, 5, -10 * four, four + 5];
  within(runReference(full, [x])[0], want, (i) => 2 ** -24 * Math.abs(want[i]), 'gamma, beta, epsilon');
});

t.test(`training forward equals the reference; it trains (SEED=${SEED})`, async () => {
  const r = random();
  for (const shape of [[1], [5], [3, 4], [2, 3, 7], [2, 1, 2, 5]]) {
    const last = { shape: shape.slice(-1) };
    const both: Case['weights'] = { gamma: last, beta: last };
    for (const weights of [{}, { gamma: last }, both]) {
      const graph = graphOf({ op, inputs: [shape], weights, attributes: { epsilon: 0.1 } }, r);
      const inputs = inputsOf(graph, r) as Float32Array[];
      compareForwards(graph, inputs, (y) => 2 ** -18 * Math.max(1, Math.abs(y)));
      checkGradient(graph, inputs, r);
    }
  }
});

t.test('what is refused', async (t) => {
  const refused = (spec: Partial<Case>, message: RegExp): void => {
    t.throws(() => graphOf({ op, inputs: [[2, 3]], ...spec }, random()), { name: 'RangeError', message });
  };
  refused({ inputs: [[]] }, /input: expected at least one dimension, got a scalar/);
  refused({ weights: { gamma: { shape: [2] } } }, /gamma: expected f32 \[3\], got f32 \[2\]/);
  refused({ attributes: { epsilon: -1 } }, /epsilon: expected a number in \[0, Infinity\), got -1/);
});
