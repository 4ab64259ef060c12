import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import {
  productsOf,
  quantizedLinear,
  randomConvolution,
  randomGrouped,
  randomInt8Convolution,
  unbiased,
} from './convolutions.js';
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

t.test(`groups: each as a convolution of its own channels (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 40; i++) {
    const spec = randomGrouped(r, 'conv2d');
    compareTraining(spec, productsOf(spec), r);
    const graph = graphOf(spec, r);
    const [x] = inputsOf(graph, r);
    const [y] = runReference(graph, [x]);
    const groups = spec.attributes!.groups as number;
    const { kernel, bias } = Object.fromEntries(graph.weights);
    const [outputs, rows, columns, channels] = kernel.shape;
    const perGroup = outputs / groups;
    for (let g = 0; g < groups; g++) {
      const part = (data: ArrayLike<number>, parts: number): number[] => {
        return Array.from(data).slice((g * data.length) / parts, ((g + 1) * data.length) / parts);
      };
      const alone = graphOf({
        ...spec,
        inputs: [spec.inputs[0].with(2, channels)],
        attributes: { ...spec.attributes, groups: 1 },
        weights: {
          kernel: { shape: [perGroup, rows, columns, channels], data: part(kernel.data, groups) },
          bias: { shape: [perGroup], data: part(bias.data, groups) },
        },
      });
      const own = x.filter((_, at) => Math.floor((at % (groups * channels)) / channels) === g);
      const want = y.filter((_, at) => Math.floor((at % outputs) / perGroup) === g);
      t.same(runReference(alone, [own])[0], want);
    }
  }
});

t.test(`groups in int8, and their gradient (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const { spec, real } = quantizedLinear(r, randomGrouped(r, 'conv2d'));
    const graph = int8GraphOf(spec);
    compareInt8(graph, graphOf(real), inputsOf(graph, r), JSON.stringify(real.attributes));
    checkTranspose(unbiased(randomGrouped(r, 'conv2d')), r);
  }
});
