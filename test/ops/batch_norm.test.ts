import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { trainForward, trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { compareForwards, functionBound } from './families.js';
import { graphOf, inputsOf, normals, within, type Case } from './helpers.js';

const op = 'batch_norm';
const channels = { shape: [2] };

t.test('hand-computed: stored mean and variance, with and without gamma and beta', async () => {
  const weights = { mean: { ...channels, data: [1, 2] }, variance: { ...channels, data: [4, 0.25] } };
  const x = Float32Array.of(3, 3, -1, 1.5);
  const plain = graphOf({ op, inputs: [[1, 2, 2]], attributes: { epsilon: 0 }, weights });
  within(trainForwardArrays(plain, [x])[0], [1, 2, -1, -1], () => 2 ** -22, 'plain');
  const gamma = { ...channels, data: [10, 1] };
  const beta = { ...channels, data: [0, 5] };
  const full = graphOf({
    op,
    inputs: [[1, 2, 2]],
    attributes: { epsilon: 0 },
    weights: { ...weights, gamma, beta },
  });
  within(trainForwardArrays(full, [x])[0], [10, 7, -10, 4], () => 2 ** -20, 'gamma and beta');
});

t.test(`the reference agrees (SEED=${SEED})`, async () => {
  const r = random();
  const shape = { shape: [3] };
  const variance = { ...shape, data: [0.5, 1, 2] };
  const all: Case['weights'] = { mean: shape, variance, gamma: shape, beta: shape };
  for (const weights of [{ mean: shape, variance }, all]) {
    const graph = graphOf({ op, inputs: [[4, 5, 3]], weights }, r);
    compareForwards(graph, inputsOf(graph, r) as Float32Array[], functionBound);
  }
});

t.test(`while training: the batch's mean and variance, told to onStatistics (SEED=${SEED})`, async (t) => {
  const r = random();
  const weights = { mean: { shape: [3] }, variance: { shape: [3] } };
  const graph = graphOf({ op, inputs: [[4, 5, 3]], attributes: { epsilon: 0 }, weights }, r);
  const x = tf.tensor(normals(r, 2 * 60), [2, 4, 5, 3]);
  const told: string[] = [];
  const values = trainForward(graph, [x], {
    training: true,
    onStatistics(meanName, mean, varianceName, variance) {
      told.push(meanName, varianceName);
      const moments = tf.moments(x, [0, 1, 2]);
      within(mean.dataSync(), moments.mean.dataSync(), () => 0, 'mean');
      within(variance.dataSync(), moments.variance.dataSync(), () => 0, 'variance');
    },
  });
  t.same(told, ['mean', 'variance']);
  const { mean, variance } = tf.moments(values.get('y')!, [0, 1, 2]);
  // 40 values a channel, each within a few 2^-24 of its own.
  within(mean.dataSync(), [0, 0, 0], () => 40 * 2 ** -24, 'mean of the output');
  within(variance.dataSync(), [1, 1, 1], () => 40 * 2 ** -24, 'variance of the output');
});

t.test('weights are as many as channels', async (t) => {
  const weights = { mean: channels, variance: channels };
  t.throws(
    () => graphOf({ op, inputs: [[2, 2, 3]], weights }, random()),
    /mean: expected f32 \[3\], got f32 \[2\]/,
  );
  const graph = graphOf({ op, inputs: [[2]], weights }, random());
  t.equal(trainForwardArrays(graph, inputsOf(graph, random()) as Float32Array[])[0].length, 2, 'vectors too');
});
