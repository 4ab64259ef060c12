/** The training forwards lean on what tfjs' wasm backend does with explicit, uneven padding: it is not documented. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import t from 'tap';
import { random, SEED } from '../helpers/random.js';
import { productsOf, randomConvolution } from './convolutions.js';
import { compareTraining } from './helpers.js';
import { randomPool } from './pools.js';

t.before(async () => {
  await tf.setBackend('wasm');
});

t.test(`convolutions and pools equal the reference on the wasm backend (SEED=${SEED})`, async (t) => {
  t.equal(tf.getBackend(), 'wasm');
  const r = random();
  for (let i = 0; i < 40; i++) {
    for (const op of ['conv2d', 'depthwise_conv2d'] as const) {
      const spec = randomConvolution(r, op);
      compareTraining(spec, productsOf(spec), r);
    }
    for (const op of ['max_pool2d', 'avg_pool2d'] as const) compareTraining(randomPool(r, op), 16, r);
  }
});
