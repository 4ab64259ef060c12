import t from 'tap';
import { inverseOf } from '../../../src/compress/one-shot/linear-algebra.js';
import { sparseGpt } from '../../../src/compress/one-shot/sparse-gpt.js';
import { dot, randomHessian, randomVector, times } from '../../helpers/matrices.js';
import { random, SEED } from '../../helpers/random.js';

const r = random();
const OUTPUTS = 4;

function randomProblem(taps: number): {
  hessian: Float64Array;
  weights: Float64Array;
  inverse: Float64Array;
} {
  const hessian = randomHessian(taps, r);
  return { hessian, weights: randomVector(OUTPUTS * taps, r), inverse: inverseOf(hessian, taps) };
}

const elements = (taps: number): number[][] => Array.from({ length: taps }, (_, k) => [k]);

/** The inverse of the Hessian of the columns from `first` on. */
function trailingInverse(hessian: Float64Array, taps: number, first: number): Float64Array {
  const n = taps - first;
  const part = Float64Array.from({ length: n * n }, (_, at) => {
    return hessian[(first + Math.floor(at / n)) * taps + first + (at % n)];
  });
  return inverseOf(part, n);
}

/** OBS column after column: `w -= w_k / [H_k^-1]_kk H_k^-1_:k`, H_k of the columns from k on. */
function plainUpdate(hessian: Float64Array, row: Float64Array, mask: Uint8Array): Float64Array {
  const taps = row.length;
  const w = row.slice();
  for (let k = 0; k < taps; k++) {
    if (mask[k] === 1) continue;
    const inverse = trailingInverse(hessian, taps, k);
    const factor = w[k] / inverse[0];
    for (let j = k; j < taps; j++) w[j] -= factor * inverse[j - k];
  }
  return w;
}

t.test('in one run of columns it is the plain formula', async (t) => {
  const taps = 12;
  const { hessian, weights, inverse } = randomProblem(taps);
  const before = weights.slice();
  const mask = sparseGpt({ weights, inverse, taps, units: { columns: elements(taps) }, height: 1 }, 0.5);
  const scores = before.map((w, at) => w ** 2 / trailingInverse(hessian, taps, at % taps)[0]);
  const cut = scores.toSorted()[scores.length / 2];
  t.same(
    [...mask],
    [...scores].map((score) => Number(score >= cut)),
    `seed ${SEED}`,
  );
  for (let o = 0; o < OUTPUTS; o++) {
    const [from, to] = [o * taps, (o + 1) * taps];
    const want = plainUpdate(hessian, before.subarray(from, to), mask.subarray(from, to));
    want.forEach((value, k) => {
      const got = weights[from + k];
      if (Math.abs(got - value) > 1e-9 || (mask[from + k] === 0 && got !== 0))
        t.fail(`[${o},${k}]: ${got}, not ${value}`);
    });
  }
});

t.test('runs of columns keep the sparsity exact, and lose less than setting to zero', async (t) => {
  const taps = 30;
  for (const columns of [1, 4, 7, 30]) {
    const { hessian, weights, inverse } = randomProblem(taps);
    const before = weights.slice();
    const problem = { weights, inverse, taps, units: { columns: elements(taps) }, height: 1 };
    const mask = sparseGpt(problem, 0.7, columns);
    t.equal(
      mask.reduce((sum, mark) => sum + mark, 0),
      36,
      `${columns} columns, seed ${SEED}`,
    );
    const error = (after: (w: number, at: number) => number): number => {
      const change = before.map((w, at) => w - after(w, at));
      return Array.from({ length: OUTPUTS }, (_, o) => change.subarray(o * taps, (o + 1) * taps)).reduce(
        (sum, row) => sum + dot(row, times(hessian, row)),
        0,
      );
    };
    const plain = error((w, at) => (mask[at] === 1 ? w : 0));
    const updated = error((_, at) => weights[at]);
    t.ok(updated < plain, `${updated} of ${plain}`);
  }
});

t.test('patterns and blocks hold', async (t) => {
  const taps = 14;
  const { weights, inverse } = randomProblem(taps);
  const of = Uint32Array.from({ length: taps }, (_, k) => Math.floor(k / 4));
  const units = { columns: elements(taps), patterns: { of, keep: 2 } };
  const mask = sparseGpt({ weights: weights.slice(), inverse, taps, units, height: 1 }, 0.5);
  for (let o = 0; o < OUTPUTS; o++)
    for (let pattern = 0; pattern < 4; pattern++) {
      const kept = of.reduce((sum, p, k) => sum + (p === pattern ? mask[o * taps + k] : 0), 0);
      if (kept !== 2) t.fail(`row ${o}, pattern ${pattern}: ${kept} kept`);
    }
  const columns = Array.from({ length: taps / 2 }, (_, unit) => [2 * unit, 2 * unit + 1]);
  const blocks = sparseGpt({ weights, inverse, taps, units: { columns }, height: 2 }, 0.5, 4);
  t.equal(
    blocks.reduce((sum, mark) => sum + mark, 0),
    28,
  );
  blocks.forEach((mark, at) => {
    const [row, k] = [Math.floor(at / taps), at % taps];
    const first = blocks[(row - (row % 2)) * taps + k - (k % 2)];
    if (mark !== first) t.fail(`[${row},${k}]: ${mark}, its block ${first}`);
  });
});
