/** Samples one after another, as a batch has them. */
import type { Values } from '../../src/ops/op.js';

/** An array for each tensor from those of each sample. */
export function joined(samples: Values[][]): Values[] {
  if (samples.length === 1) return samples[0];
  return samples[0].map((first, i) => {
    const all =
      first instanceof Int8Array
        ? new Int8Array(first.length * samples.length)
        : new Float32Array(first.length * samples.length);
    samples.forEach((sample, s) => all.set(sample[i], s * first.length));
    return all;
  });
}

/** Copies of the samples of a batch. */
export function parts(tensors: readonly Values[], batch: number): Values[][] {
  return Array.from({ length: batch }, (_, s) =>
    tensors.map((all) => all.slice((s * all.length) / batch, ((s + 1) * all.length) / batch)),
  );
}
