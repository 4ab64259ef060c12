import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { featureLoss } from '../../src/train/distill.js';
import { Batcher, initialize, selectBackend, sharedFeatures, Trainer } from '../../src/train/index.js';
import { softmaxLoss, type BatchScore, type Targets } from '../../src/train/loss.js';
import { blobs } from '../helpers/blobs.js';
import { GraphBuilder, perceptron } from '../helpers/graphs.js';
import { random, SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

const scoreOf = (logits: number[], targets: Targets): BatchScore => {
  let score: BatchScore | undefined;
  softmaxLoss(tf.tensor2d(logits, [1, logits.length]), targets, (s) => (score = s));
  return score!;
};

t.test('smoothed labels, by hand', (t) => {
  // p = 1/4, 3/4; y = 0.9, 0.1 with a tenth of the label on each of two classes, less what the own class gets back.
  const { loss } = scoreOf([0, Math.log(3)], { labels: [0], smoothing: 0.2 });
  t.ok(Math.abs(loss + 0.9 * Math.log(1 / 4) + 0.1 * Math.log(3 / 4)) < 1e-6, `${loss}`);
  t.end();
});

t.test('divergence from a teacher, by hand', (t) => {
  // At temperature 2: p = 1/4, 3/4 and q = 1/2, 1/2, so 4 KL = 4 * (log(2) / 2 + log(2/3) / 2).
  const teacher = { logits: Float32Array.of(5, 5), temperature: 2, weight: 1 };
  const { loss, correct } = scoreOf([0, 2 * Math.log(3)], { labels: [1], teacher });
  t.ok(Math.abs(loss - 2 * Math.log(4 / 3)) < 1e-6, `${loss}`);
  t.equal(correct, 0, "the teacher's class counts, and of equals the first");
  const half = scoreOf([0, 2 * Math.log(3)], { labels: [1], teacher: { ...teacher, weight: 0.5 } });
  t.ok(Math.abs(half.loss - (loss / 2 - Math.log(9 / 10) / 2)) < 1e-6, `${half.loss}`);
  t.equal(half.correct, 1);
  t.end();
});

t.test(`gradients are the slopes of the loss (SEED=${SEED})`, (t) => {
  const { normal, int, next } = random();
  for (let round = 0; round < 10; round++) {
    const classes = int(2, 6);
    const batch = int(1, 4);
    const draw = (): Float32Array => Float32Array.from({ length: batch * classes }, () => 3 * normal());
    const labels = Array.from({ length: batch }, () => int(0, classes - 1));
    const weight = [0, next(), 1][round % 3];
    const teacher = { logits: draw(), temperature: 0.5 + 4 * next(), weight };
    const targets = { labels, smoothing: next() / 2, teacher };
    const logits = draw();
    const lossAt = (values: Float32Array): number => {
      let loss = 0;
      softmaxLoss(tf.tensor2d(values, [batch, classes]), targets, (s) => (loss = s.loss));
      return loss;
    };
    const gradient = tf
      .grad((x) => softmaxLoss(x, targets, () => undefined))(tf.tensor2d(logits, [batch, classes]))
      .dataSync();
    gradient.forEach((got, i) => {
      const [up, down] = [1, -1].map((sign) => logits.with(i, logits[i] + sign * 2 ** -8));
      const want = (lossAt(up) - lossAt(down)) / (up[i] - down[i]);
      if (Math.abs(got - want) > 1e-3 * (1 + Math.abs(want)))
        t.fail(`round ${round}, logit ${i}: ${got}, slope ${want}`);
    });
  }
  t.pass('ten batches');
  t.end();
});

t.test('distance of features, relative to the teacher, by hand', (t) => {
  const student = tf.tensor2d([1, 0, 3, 4], [2, 2]);
  const teacher = tf.tensor2d([1, 2, 0, 5], [2, 2]);
  const { value, grad } = tf.valueAndGrad((s: tf.Tensor) => featureLoss(s, teacher) as tf.Scalar)(student);
  t.ok(Math.abs(value.dataSync()[0] - (4 / 5 + 10 / 25) / 2) < 1e-7);
  const want = [0, -2 / 5, 3 / 25, -1 / 25];
  grad.dataSync().forEach((g, i) => t.ok(Math.abs(g - want[i]) < 1e-7, `${g}`));
  t.end();
});

/** A residual block; `width` of its inner convolution. */
const residual = (width: number) =>
  new GraphBuilder([4, 4, 2], 3)
    .add('conv2d', {}, { kernel: [2, 1, 1, 2] }, { name: 'first' })
    .add('conv2d', { activation: 'relu' }, { kernel: [width, 1, 1, 2] }, { name: 'inner' })
    .add('conv2d', {}, { kernel: [2, 1, 1, width] }, { name: 'last' })
    .add('add', {}, {}, { inputs: ['first', 'last'], name: 'sum' })
    .add('reshape', {}, {}, { shape: [32] })
    .add('dense', {}, { kernel: [4, 32] }, { name: 'logits' }).graph;

/** Two convolutions, the second `width` wide. */
const plain = (width: number) =>
  new GraphBuilder([4, 4, 2], 3)
    .add('conv2d', {}, { kernel: [3, 1, 1, 2] }, { name: 'a' })
    .add('conv2d', {}, { kernel: [width, 1, 1, 3] }, { name: 'b' }).graph;

t.test('features that two networks share', (t) => {
  t.same(sharedFeatures(residual(3), residual(5)), ['sum']);
  t.same(sharedFeatures(plain(2), plain(2)), ['b']);
  t.same(sharedFeatures(plain(2), plain(4)), ['a'], 'of equal shapes only');
  t.end();
});

t.test(`a student comes to its teacher, without labels (SEED=${SEED})`, async (t) => {
  const data = blobs({ inputShape: [4, 4, 2], seed: SEED });
  const teacher = initialize(residual(3), 1);
  const student = initialize(residual(5), 2);
  const batcher = new Batcher(data.train, { ...data, batch: 64 });
  const batch = await batcher.at(0);
  batch.y.fill(99);
  const losses: number[] = [];
  const trainer = new Trainer(student, { distill: { teacher, weight: 1, features: 1 } });
  const before = tf.memory().numTensors;
  for (let step = 0; step < 60; step++) losses.push(trainer.train(batch, 0.02).loss);
  t.equal(tf.memory().numTensors, before);
  t.ok(losses[59] < losses[0] / 4, `${losses[0]} to ${losses[59]}`);
  const said = new Trainer(teacher, { distill: { teacher, weight: 1 } }).evaluate(batch);
  t.same([said.loss, said.correct], [0, 64], 'a teacher agrees with itself');
  t.end();
});

t.test('teachers of other networks are refused', (t) => {
  const wrong = { distill: { teacher: perceptron([4], [4, 4, 2], 5) } };
  t.throws(() => new Trainer(residual(3), wrong), { message: /a teacher of 4 logits, got one of 5/ });
  const strange = { distill: { teacher: perceptron([4], [4, 4, 2], 4), features: 1 } };
  t.throws(() => new Trainer(residual(3), strange), { message: /set features to 0/ });
  t.end();
});
