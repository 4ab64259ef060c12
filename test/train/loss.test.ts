import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { selectBackend } from '../../src/train/index.js';
import { argMax, softmaxLoss, type BatchScore } from '../../src/train/loss.js';
import { random, SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

t.test(`loss and gradient are those of tfjs (SEED=${SEED})`, (t) => {
  const { normal, int } = random();
  const labels = Array.from({ length: 7 }, () => int(0, 4));
  const logits = tf.tensor2d(
    Float32Array.from({ length: 35 }, () => 5 * normal()),
    [7, 5],
  );
  const oneHot = tf.oneHot(tf.tensor1d(labels, 'int32'), 5);
  const plain = (x: tf.Tensor): tf.Scalar =>
    tf.neg(tf.mean(tf.sum(tf.mul(oneHot, tf.logSoftmax(x)), 1))) as tf.Scalar;
  let score: BatchScore | undefined;
  const want = tf.valueAndGrad(plain)(logits);
  const got = tf.valueAndGrad((x) => softmaxLoss(x, { labels }, (s) => (score = s)))(logits);
  t.ok(Math.abs(score!.loss - want.value.dataSync()[0]) < 1e-6 * 35);
  const difference = tf.max(tf.abs(tf.sub(want.grad, got.grad))).dataSync()[0];
  t.ok(difference < 8 * 2 ** -24, `gradients differ by ${difference}`);
  const right = tf.sum(tf.equal(tf.argMax(logits, 1), tf.tensor1d(labels, 'int32'))).dataSync()[0];
  t.equal(score!.correct, right);
  t.end();
});

t.test('large logits neither overflow nor lose the loss', (t) => {
  let score: BatchScore | undefined;
  softmaxLoss(tf.tensor2d([1000, 0, -1000], [1, 3]), { labels: [2] }, (s) => (score = s));
  t.equal(score!.loss, 2000);
  t.end();
});

t.test('argMax takes the first of equals', (t) => {
  t.equal(argMax([1, 3, 3, 2]), 1);
  t.end();
});
