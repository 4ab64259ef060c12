/** Whether runtimes that are to be compared compute the same thing. */
import type { LoadedModel } from './peers/peer.js';

/**
 * Most relative distance (of the Euclidean norms) between two results. Measured over the architectures with random weights:
 * f32 up to 1.1e-6, int8 up to 0.25 (of few outputs, or behind 50 layers); unrelated results are about 1.4 apart.
 */
const FARTHEST = { f32: 1e-4, int8: 0.5 } as const;

/** `|a - b| / max(|a|, |b|)`, Euclidean; 0 where both are zero. */
export function relativeDistance(a: Float32Array, b: Float32Array): number {
  let distance = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    distance += (a[i] - b[i]) ** 2;
    squareA += a[i] ** 2;
    squareB += b[i] ** 2;
  }
  const largest = Math.max(squareA, squareB);
  return largest === 0 ? 0 : Math.sqrt(distance / largest);
}

type Judged = Pick<LoadedModel, 'name' | 'dtype' | 'output'>;

/** Compares everyone's last result with that of the first in f32. Throws Error (who, expected, got) where one is too far off. */
export function checkAgreement(model: string, all: readonly Judged[]): void {
  const judge = all.find(({ dtype }) => dtype === 'f32');
  if (!judge) return;
  const wanted = judge.output();
  for (const other of all) {
    if (other === judge) continue;
    const got = other.output();
    const distance = got.length === wanted.length ? relativeDistance(got, wanted) : Infinity;
    const most = FARTHEST[other.dtype];
    if (!(distance <= most))
      throw new Error(
        `${model}: expected the results of ${other.name} (${other.dtype}) within ${most} of those of ${judge.name}, ` +
          `got ${distance.toPrecision(3)}; nothing was timed`,
      );
  }
}
