import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { productsOf, randomConvolution, randomInt8Convolution, unbiased } from './convolutions.js';
import { checkTranspose } from './gradients.js';
import { compareInt8, compareTraining, graphOf, inputsOf, int8GraphOf } from './helpers.js';

t.test('a hand-computed example: 2x2 kernel over 3x3, one pad row above', async (t) => {
  const graph = graphOf({
    op: 'conv2d',
    inputs: [[2, 3, 1]],
    attributes: { pads: [1, 0, 0, 0], strides: [1, 2], activation: 'relu' },
    weights: {
      kernel: { shape: [2, 2, 2, 1], data: [1, 2, 3, 4, -1, -1, -1, -1] },
      bias: { shape: [2], data: [0.5, 13] },
    },
  });
  t.same(graph.tensors.get('y')!.shape, [2, 1, 2]);
  // Above the image only the lower taps count: 3*1 + 4*2 + 0.5; inside 1*1 + 2*2 + 3*4 + 4*5 + 0.5.
  t.same([...runReference(graph, [Float32Array.of(1, 2, 3, 4, 5, 6)])[0]], [11.5, 10, 37.5, 1]);
});

t.test(`training forward equals the reference (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const spec = randomConvolution(r, 'conv2d');
    compareTraining(spec, productsOf(spec), r);
  }
});

t.test(`int8 equals real numbers up to rounding (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const { spec, real } = randomInt8Convolution(r, 'conv2d');
    const graph = int8GraphOf(spec);
    compareInt8(graph, graphOf(real), inputsOf(graph, r), JSON.stringify(real.attributes));
  }
});

t.test(`its gradient is its transpose, dilated and strided too (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) checkTranspose(unbiased(randomConvolution(r, 'conv2d')), r);
});
