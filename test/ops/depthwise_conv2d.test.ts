import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { productsOf, randomConvolution, randomInt8Convolution, unbiased } from './convolutions.js';
import { checkTranspose } from './gradients.js';
import { compareInt8, compareTraining, graphOf, inputsOf, int8GraphOf } from './helpers.js';

t.test('a hand-computed example: two outputs a channel, output c*M+m reads channel c', async (t) => {
  const graph = graphOf({
    op: 'depthwise_conv2d',
    inputs: [[1, 3, 2]],
    weights: {
      kernel: { shape: [4, 1, 2, 1], data: [1, 1, 1, -1, 2, 0, 0, 2] },
      bias: { shape: [4], data: [0, 0, 0, 100] },
    },
  });
  // Channel 0 is 1, 3, 5 and channel 1 is 2, 4, 6.
  t.same([...runReference(graph, [Float32Array.of(1, 2, 3, 4, 5, 6)])[0]], [4, -2, 4, 108, 8, -2, 8, 112]);
});

t.test(`training forward equals the reference (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const spec = randomConvolution(r, 'depthwise_conv2d');
    compareTraining(spec, productsOf(spec), r);
  }
});

t.test(`int8 equals real numbers up to rounding (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 60; i++) {
    const { spec, real } = randomInt8Convolution(r, 'depthwise_conv2d');
    const graph = int8GraphOf(spec);
    compareInt8(graph, graphOf(real), inputsOf(graph, r), JSON.stringify(real.attributes));
  }
});

t.test(`its gradient is its transpose, dilated and strided too (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) checkTranspose(unbiased(randomConvolution(r, 'depthwise_conv2d')), r);
});
