import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import {
  compareInt8,
  compareTraining,
  graphOf,
  inputsOf,
  int8GraphOf,
  randomQuantization,
  type Case,
} from './helpers.js';

const activations = ['linear', 'relu', 'relu6'];

t.test('a hand-computed int8 example', async (t) => {
  const graph = int8GraphOf({
    op: 'add',
    inputs: [[3], [3]],
    attributes: { activation: 'relu' },
    inputQuantization: [
      { scale: 1, zeroPoint: 0 },
      { scale: 0.5, zeroPoint: 1 },
    ],
    outputQuantization: { scale: 2, zeroPoint: 5 },
  });
  // Real: 3 + 0.5 = 3.5 -> 1.75 -> 2; -4 + 1 = -3 -> relu; 127 + 63 = 190 -> 95.
  t.same([...runReference(graph, [Int8Array.of(3, -4, 127), Int8Array.of(2, 3, 127)])[0]], [7, 5, 100]);
});

t.test(`training forward equals the reference (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const shape = [r.int(1, 5), r.int(1, 5), r.int(1, 5)].slice(r.int(0, 2));
    compareTraining(
      { op: 'add', inputs: [shape, shape], attributes: { activation: r.pick(activations) } },
      2,
      r,
    );
  }
});

t.test(`int8 equals real numbers up to rounding (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const shape = [r.int(1, 300)];
    const spec: Case = { op: 'add', inputs: [shape, shape], attributes: { activation: r.pick(activations) } };
    const inputQuantization = [randomQuantization(r), randomQuantization(r)];
    const outputQuantization = { scale: Math.fround(0.01 + r.next()), zeroPoint: r.int(-128, 127) };
    const graph = int8GraphOf({ ...spec, inputQuantization, outputQuantization, weights: {} });
    compareInt8(graph, graphOf(spec), inputsOf(graph, r), JSON.stringify(inputQuantization));
  }
});
