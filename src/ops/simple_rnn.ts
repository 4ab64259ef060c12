import * as tf from '@tensorflow/tfjs-core';
import { affine, affineTensor, recurrentLayer } from './recurrent.js';

/** `h = activation(W x + b + U h)` (Elman 1990) */
export const simpleRnn = recurrentLayer({
  name: 'simple_rnn',
  gates: 1,
  step(input, { h }, { weights }, { activation }) {
    const sums = new Float32Array(h.length);
    affine(sums, weights.recurrent, h, undefined);
    for (let u = 0; u < h.length; u++) h[u] = activation(Math.fround(input[u] + sums[u]));
  },
  train(input, { h, c }, weights, _attributes, { activation }) {
    return { h: activation(tf.add(input, affineTensor(h, weights.recurrent))), c };
  },
});
