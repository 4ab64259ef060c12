import * as tf from '@tensorflow/tfjs-core';
import { affine, affineTensor, gatesOf, recurrentLayer } from './recurrent.js';

const { fround } = Math;

/**
 * Cho et al. 2014; gates z, r, h, as Keras has them. `reset_after` 1 resets U h + r, as cuDNN does; 0 resets h before it is
 * multiplied.
 */
export const gru = recurrentLayer({
  name: 'gru',
  gates: 3,
  attributes: { recurrent_activation: 'sigmoid', reset_after: 1 },
  weights: { recurrent_bias: 3 },
  step(input, { h }, { weights, attributes }, { activation, recurrent }) {
    const units = h.length;
    const { recurrent: w, recurrent_bias: bias } = weights;
    const sums = new Float32Array(3 * units);
    affine(sums, w, h, bias);
    const gate = (n: number, u: number): number => {
      return recurrent(fround(input[n * units + u] + sums[n * units + u]));
    };
    const reset = Float32Array.from(h, (_, u) => gate(1, u));
    const candidate = new Float32Array(units);
    if (attributes.reset_after === 0) {
      affine(
        candidate,
        w,
        h.map((value, u) => reset[u] * value),
        bias,
        2 * units,
      );
    } else {
      candidate.forEach((_, u) => (candidate[u] = reset[u] * sums[2 * units + u]));
    }
    for (let u = 0; u < units; u++) {
      const z = gate(0, u);
      const n = activation(fround(input[2 * units + u] + candidate[u]));
      h[u] = fround(z * h[u]) + fround(fround(1 - z) * n);
    }
  },
  train(input, { h, c }, { recurrent: w, recurrent_bias: bias }, attributes, { activation, recurrent }) {
    const [kz, kr, kh] = gatesOf(input, 3);
    const [qz, qr, qh] = gatesOf(affineTensor(h, w, bias), 3);
    const z = recurrent(tf.add(kz, qz));
    const r = recurrent(tf.add(kr, qr));
    const after = (): tf.Tensor => tf.mul(r, qh);
    const before = (): tf.Tensor => gatesOf(affineTensor(tf.mul(r, h), w, bias), 3)[2];
    const n = activation(tf.add(kh, attributes.reset_after === 0 ? before() : after()));
    return { h: tf.add(tf.mul(z, h), tf.mul(tf.sub(1, z), n)), c };
  },
});
