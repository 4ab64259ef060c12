import t from 'tap';
import { clipByGlobalNorm } from '../../src/train/clip.js';
import { createParameters, fit, initialize, selectBackend, type Parameter } from '../../src/train/index.js';
import { addPenaltyGradient, shrink } from '../../src/train/regularize.js';
import { blobs } from '../helpers/blobs.js';
import { GraphBuilder, perceptron } from '../helpers/graphs.js';
import { random, SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

t.test('gradients are clipped together', (t) => {
  const gradients = [Float32Array.of(3, 0), Float32Array.of(0, -4)];
  t.equal(clipByGlobalNorm(gradients, 5), 5);
  t.same(
    gradients.map((g) => [...g]),
    [
      [3, 0],
      [0, -4],
    ],
    'not above the norm',
  );
  t.equal(clipByGlobalNorm(gradients, 2.5), 5);
  t.same(
    gradients.map((g) => [...g]),
    [
      [1.5, 0],
      [0, -2],
    ],
  );
  t.end();
});

/** `[2 outputs, 2 inputs]`, as tfjs lays it: input by output. */
const kernel = (values: number[]): Parameter => {
  const { graph } = new GraphBuilder([2]).add('dense', {}, { kernel: [2, 2], bias: [2] }, { name: 'fc' });
  graph.weights.get('fc/kernel')!.data.set(values);
  return createParameters(graph).get('fc/kernel')!;
};

t.test('penalties are of kernels', (t) => {
  const { graph } = new GraphBuilder([2]).add('dense', {}, { kernel: [2, 2], bias: [2] }, { name: 'fc' });
  const bias = createParameters(graph).get('fc/bias')!;
  const before = [...bias.values];
  const gradient = new Float32Array(2);
  shrink(bias, 1, { l1: 1 });
  addPenaltyGradient(bias, gradient, { l2: 1 });
  t.same([...bias.values], before);
  t.same([...gradient], [0, 0]);
  t.end();
});

t.test('L1 moves weights towards 0 and stops there', (t) => {
  const parameter = kernel([1, -0.25, 0.05, 0]);
  shrink(parameter, 0.5, { l1: 0.25 });
  t.same([...parameter.values], [0.875, 0, -0.125, 0]);
  t.end();
});

t.test('L2 is the gradient of l2 * w^2', (t) => {
  const gradient = Float32Array.of(1, 1, 1, 1);
  addPenaltyGradient(kernel([1, 2, -3, 0]), gradient, { l2: 0.5 });
  t.same([...gradient], [2, -2, 3, 1]);
  t.end();
});

t.test('group lasso shortens rows by sqrt of their size, and takes short ones out whole', (t) => {
  const parameter = kernel([3, 4, 0.1, 0.1]);
  const groups = new Map([['fc/kernel', Int32Array.of(0, 0, 1, 1)]]);
  shrink(parameter, 0.5, { group: 1, groups });
  const by = 1 - (0.5 * Math.sqrt(2)) / 5;
  const want = [3 * by, 0, 4 * by, 0];
  parameter.values.forEach((w, i) => t.ok(Math.abs(w - want[i]) < 1e-6, `${w} for ${want[i]}`));
  t.end();
});

t.test(`a proximal step is the least of distance and penalty (SEED=${SEED})`, (t) => {
  const { normal, next } = random();
  const groups = new Map([['fc/kernel', Int32Array.of(0, 0, 1, 1)]]);
  for (let round = 0; round < 50; round++) {
    const from = kernel(Array.from({ length: 4 }, normal));
    const by = next();
    const penalty = (w: Float32Array): number =>
      by * Math.SQRT2 * (Math.hypot(w[0], w[2]) + Math.hypot(w[1], w[3]));
    const cost = (w: Float32Array): number =>
      penalty(w) + from.values.reduce((sum, v, i) => sum + (v - w[i]) ** 2 / 2, 0);
    const shrunk = { ...from, values: from.values.slice() };
    shrink(shrunk, by, { group: 1, groups });
    for (let other = 0; other < 20; other++) {
      const near = shrunk.values.map((w) => w + 0.05 * normal());
      if (cost(near) < cost(shrunk.values) - 1e-6) t.fail(`round ${round}: ${near} costs less`);
    }
  }
  t.pass('fifty steps');
  t.end();
});

t.test(`training with penalties gives zeros (SEED=${SEED})`, async (t) => {
  const data = blobs({ inputShape: [4, 4, 2], seed: SEED });
  const graph = initialize(perceptron([12], [4, 4, 2], 4), 1);
  const groups = new Map([
    ['fc1/kernel', Int32Array.from({ length: 12 * 32 }, (_, i) => Math.floor(i / 32))],
  ]);
  const options = { epochs: 6, batch: 16, optimizer: { type: 'adam', learningRate: 0.01 } } as const;
  const zerosOf = async (regularize?: object): Promise<number> => {
    const { weights } = (await fit(graph, data, { ...options, regularize })).graph;
    return weights.get('fc1/kernel')!.data.filter((w: number) => w === 0).length;
  };
  const [none, many, rows] = await Promise.all([
    zerosOf(),
    zerosOf({ l1: 0.3 }),
    zerosOf({ group: 0.5, groups }),
  ]);
  t.equal(none, 0);
  t.ok(many > 40, `${many} zeros by L1`);
  t.ok(rows > 0 && rows % 32 === 0, `${rows / 32} whole rows by group lasso`);
});
