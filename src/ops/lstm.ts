import * as tf from '@tensorflow/tfjs-core';
import { affine, affineTensor, gatesOf, recurrentLayer } from './recurrent.js';

const { fround } = Math;

/** Hochreiter and Schmidhuber 1997, with forget gates; gates i, f, c, o, as Keras has them. */
export const lstm = recurrentLayer({
  name: 'lstm',
  gates: 4,
  attributes: { recurrent_activation: 'sigmoid' },
  weights: { initial_c: 1 },
  step(input, { h, c }, { weights }, { activation, recurrent }) {
    const units = h.length;
    const sums = new Float32Array(4 * units);
    affine(sums, weights.recurrent, h, undefined);
    for (let g = 0; g < sums.length; g++) sums[g] += input[g];
    for (let u = 0; u < units; u++) {
      const i = recurrent(sums[u]);
      const f = recurrent(sums[units + u]);
      const o = recurrent(sums[3 * units + u]);
      c[u] = fround(f * c[u]) + fround(i * activation(sums[2 * units + u]));
      h[u] = o * activation(c[u]);
    }
  },
  train(input, { h, c }, weights, _attributes, { activation, recurrent }) {
    const [i, f, g, o] = gatesOf(tf.add(input, affineTensor(h, weights.recurrent)), 4);
    const next = tf.add(tf.mul(recurrent(f), c), tf.mul(recurrent(i), activation(g)));
    return { h: tf.mul(recurrent(o), activation(next)), c: next };
  },
});
