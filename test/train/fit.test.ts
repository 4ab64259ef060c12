import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { Batcher, evaluate, fit, initialize, selectBackend, Trainer } from '../../src/train/index.js';
import type { Graph } from '../../src/graph/index.js';
import { blobs } from '../helpers/blobs.js';
import { GraphBuilder, perceptron } from '../helpers/graphs.js';
import { random, SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

const data = blobs({ inputShape: [4, 4, 2], seed: SEED });
const network = () => initialize(perceptron([12], [4, 4, 2], 4), 1);

/** A network with everything that training treats in its own way. */
const withEverything = () =>
  new GraphBuilder([4, 4, 2], 3)
    .add('pad2d', { pads: [1, 1, 1, 1] })
    .add('conv2d', {}, { kernel: [6, 3, 3, 2] })
    .add('batch_norm', {}, { gamma: [6], beta: [6], mean: [6], variance: [6] })
    .add('relu')
    .add('dropout', { rate: 0.25 })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 6], bias: [4] }).graph;

t.test(`learns, and leaves no tensor (SEED=${SEED})`, async (t) => {
  const before = tf.memory().numTensors;
  const graph = network();
  const untouched = structuredClone(graph);
  const start = await evaluate(graph, data);
  const trained = await fit(graph, data, {
    epochs: 10,
    batch: 16,
    optimizer: { type: 'adam', learningRate: 0.01 },
  });
  const end = await evaluate(trained.graph, data);
  t.ok(end.accuracy > 0.9 && end.accuracy > start.accuracy, `from ${start.accuracy} to ${end.accuracy}`);
  t.equal(end.count, 64);
  t.equal(trained.epochs.length, 10);
  t.ok(trained.epochs[9].loss < trained.epochs[0].loss);
  t.same(graph, untouched);
  t.equal(tf.memory().numTensors, before);
});

t.test(
  `trains constants' neighbours, moves, recurrences, and one of two outputs (SEED=${SEED})`,
  async (t) => {
    const { graph } = new GraphBuilder([4, 4, 2], 3)
      .add('constant', {}, { value: [4, 4, 1] }, { name: 'c', inputs: [] })
      .add('concat', { axis: 2 }, {}, { inputs: ['input', 'c'], name: 'both' })
      .add('transpose', { permutation: [1, 0, 2] })
      .add('conv_transpose2d', { strides: [2, 2] }, { kernel: [4, 2, 2, 3], bias: [4] })
      .add('resize2d', { size: [4, 4] })
      .add('swish')
      .add('reshape', {}, {}, { shape: [16, 4] })
      .add('layer_norm', {}, { gamma: [4], beta: [4] })
      .add('gru', {}, { kernel: [18, 4], recurrent: [18, 6], bias: [18], recurrent_bias: [18] })
      .add('slice', { begin: [15, 0], size: [1, 6] })
      .add('reshape', {}, {}, { shape: [6] })
      .add('dense', {}, { kernel: [4, 6], bias: [4] }, { name: 'logits' });
    const second = new GraphBuilder([4, 4, 2], 4).add(
      'conv2d',
      {},
      { kernel: [2, 1, 1, 2] },
      { name: 'aside' },
    ).graph;
    graph.nodes.push(...second.nodes);
    graph.outputs = ['logits', 'aside'];
    for (const [name, tensor] of second.tensors) graph.tensors.set(name, tensor);
    for (const [name, weight] of second.weights) graph.weights.set(name, weight);
    const start = await evaluate(graph, data);
    const optimizer = { type: 'adam', learningRate: 0.02 } as const;
    const { graph: trained, epochs } = await fit(graph, data, { epochs: 8, batch: 16, optimizer });
    const end = await evaluate(trained, data);
    t.ok(
      epochs[7].loss < epochs[0].loss && end.accuracy > start.accuracy,
      `${start.accuracy} to ${end.accuracy}`,
    );
    for (const [name, weight] of graph.weights) {
      const same = name === 'c/value' || name === 'aside/kernel';
      t.equal(
        weight.data.every((value, i) => value === trained.weights.get(name)!.data[i]),
        same,
        name,
      );
    }
  },
);

const trainedWeights = async (seed: number): Promise<Graph['weights']> =>
  (await fit(withEverything(), data, { epochs: 2, batch: 16, seed })).graph.weights;

t.test('the same seed gives the same weights, another one others', async (t) => {
  t.same(await trainedWeights(5), await trainedWeights(5));
  t.notSame(await trainedWeights(5), await trainedWeights(6));
});

t.test('masks hold exactly while training', async (t) => {
  for (const optimizer of [{ type: 'adam' }, { type: 'sgd', momentum: 0.9 }] as const) {
    const { next } = random();
    const graph = network();
    const mask = Uint8Array.from(graph.weights.get('fc1/kernel')!.data, () => (next() < 0.2 ? 1 : 0));
    const masks = new Map([['fc1/kernel', mask]]);
    const trained = await fit(graph, data, { epochs: 2, batch: 16, optimizer, weightDecay: 0.01, masks });
    const values = trained.graph.weights.get('fc1/kernel')!.data;
    t.ok(
      values.every((value: number, i: number) => mask[i] === 1 || value === 0),
      optimizer.type,
    );
    t.ok(values.some((value: number) => value !== 0));
  }
});

t.test('batch norm moves its averages towards the statistics of the batches', async (t) => {
  const trainer = new Trainer(withEverything(), { statisticsMomentum: 0.5 });
  const { values: mean } = trainer.parameters.get('batch_norm2/mean')!;
  const before = mean.slice();
  const batcher = new Batcher(data.train, { ...data, batch: 32 });
  const convolution = trainer.parameters.get('conv2d1/kernel')!;
  const padded = tf.pad(tf.tensor4d((await batcher.at(0)).x, [32, 4, 4, 2]), [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const output = tf.conv2d(padded as tf.Tensor4D, tf.tensor4d(convolution.values, [3, 3, 2, 6]), 1, 'valid');
  const batch = tf.mean(output, [0, 1, 2]).dataSync();
  trainer.train(await batcher.at(0), 0.001);
  mean.forEach((value, c) => {
    const want = 0.5 * before[c] + 0.5 * batch[c];
    t.ok(Math.abs(value - want) < 1e-6, `channel ${c}: ${value}, want ${want}`);
  });
});

t.test('weight decay pulls kernels, not biases', async (t) => {
  const graph = network();
  const batcher = new Batcher(data.train, { ...data, batch: 32 });
  const step = async (weightDecay: number): Promise<Trainer> => {
    const trainer = new Trainer(graph, { optimizer: { type: 'sgd' }, weightDecay });
    trainer.train(await batcher.at(0), 1);
    return trainer;
  };
  const [without, withDecay] = [await step(0), await step(0.1)];
  const { data: start } = graph.weights.get('fc1/kernel')!;
  t.same(withDecay.parameters.get('fc1/bias')!.values, without.parameters.get('fc1/bias')!.values);
  // fc1's kernel is transposed in tfjs: output 0, input 1 lies at 1 * 12 + 0.
  const pulled =
    withDecay.parameters.get('fc1/kernel')!.values[12] - without.parameters.get('fc1/kernel')!.values[12];
  t.ok(Math.abs(pulled + 0.1 * start[1]) < 1e-6);
});

t.test('an abort stops between two steps with its reason', async (t) => {
  const controller = new AbortController();
  const steps: number[] = [];
  const onStep = ({ step }: { step: number }): void => {
    steps.push(step);
    if (step === 5) controller.abort(new Error('enough'));
  };
  const running = fit(network(), data, { epochs: 9, batch: 16, onStep, signal: controller.signal });
  await t.rejects(running, { message: 'enough' });
  t.same(steps, [1, 2, 3, 4, 5]);
});

t.test('a loss that is not finite ends the training', async (t) => {
  const graph = network();
  graph.weights.get('fc1/kernel')!.data.fill(NaN);
  await t.rejects(fit(graph, data, { epochs: 1 }), { message: /expected a finite loss, got NaN at step 0/ });
});

t.test('fresh weights: Glorot limits, zeros and ones', (t) => {
  const graph = initialize(withEverything(), 9);
  const kernel = graph.weights.get('conv2d1/kernel')!.data as Float32Array;
  const limit = Math.sqrt(6 / (9 * 2 + 9 * 6));
  const most = kernel.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  t.ok(most <= limit && most > 0.9 * limit, `${most} of ${limit}`);
  t.ok(graph.weights.get('batch_norm2/gamma')!.data.every((v: number) => v === 1));
  t.ok(graph.weights.get('dense6/bias')!.data.every((v: number) => v === 0));
  t.same(initialize(withEverything(), 9), graph);
  t.end();
});
