import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED, type Random } from '../helpers/random.js';
import { productsOf, quantizedLinear, unbiased } from './convolutions.js';
import { checkTranspose } from './gradients.js';
import {
  compareInt8,
  compareTraining,
  dequantized,
  graphOf,
  inputsOf,
  int8GraphOf,
  within,
  type Case,
} from './helpers.js';

function randomDense(r: Random): Case {
  const [inputs, outputs] = [r.int(1, 40), r.int(1, 12)];
  return {
    op: 'dense',
    inputs: [[inputs]],
    attributes: { activation: r.pick(['linear', 'relu', 'relu6']) },
    weights: {
      kernel: { shape: [outputs, inputs] },
      ...(r.next() < 0.7 && { bias: { shape: [outputs] } }),
    },
  };
}

t.test('a hand-computed example', async (t) => {
  const kernel = { shape: [2, 3], data: [1, 2, 3, -1, -2, -3] };
  const bias = { shape: [2], data: [0.5, -1] };
  const graph = graphOf({ op: 'dense', inputs: [[3]], weights: { kernel, bias } });
  t.same([...runReference(graph, [Float32Array.of(1, 10, 100)])[0]], [321.5, -322]);
});

t.test('a hand-computed int8 example, halves to even', async (t) => {
  const graph = int8GraphOf({
    op: 'dense',
    inputs: [[2]],
    inputQuantization: [{ scale: 0.5, zeroPoint: 3 }],
    outputQuantization: { scale: 1, zeroPoint: -10 },
    weights: {
      kernel: { shape: [3, 2], dtype: 'i8', data: [1, 0, 2, 1, 127, 127] },
      bias: { shape: [3], dtype: 'i32', data: [0, -1, 0] },
      scale: { shape: [1], dtype: 'f32', data: [1] },
    },
  });
  // x - zx = 5, 10: sums 5, 19, 1905; times 0.5: 2.5 -> 2, 9.5 -> 10, 952.5 saturates.
  t.same([...runReference(graph, [Int8Array.of(8, 13)])[0]], [-8, 0, 127]);
});

t.test(`training forward equals the reference (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const spec = randomDense(r);
    compareTraining(spec, productsOf(spec), r);
  }
});

t.test(`int8 equals real numbers up to rounding (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const { spec, real } = quantizedLinear(r, randomDense(r));
    const graph = int8GraphOf(spec);
    compareInt8(graph, graphOf(real), inputsOf(graph, r), JSON.stringify(real.attributes));
  }
});

t.test(`int8 to f32 equals real numbers up to two roundings (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 30; i++) {
    const { spec, real } = quantizedLinear(r, randomDense(r));
    const graph = int8GraphOf({ ...spec, outputQuantization: undefined });
    const inputs = inputsOf(graph, r);
    const [want] = runReference(graphOf(real), [dequantized(inputs[0], spec.inputQuantization[0])]);
    within(runReference(graph, inputs)[0], want, (j) => 3 * 2 ** -24 * Math.abs(want[j]), 'int8 -> f32');
  }
});

t.test(`its gradient is its transpose (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) checkTranspose(unbiased(randomDense(r)), r);
});
