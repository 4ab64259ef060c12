import * as h from './helpers.js';

/** The plain loop, in f64. */
function softmax(x: ArrayLike<number>): number[] {
  const values = Array.from(x);
  const most = Math.max(...values);
  const powers = values.map((v) => Math.exp(v - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

h.kernelTest('f32_softmax stays within 8 * 2^-24 of the largest output', (t, arena, r) => {
  for (const n of [1, 2, 3, 4, 5, 10, 64, 1001, 20000]) {
    for (const spread of [0, 1e-3, 1, 30, 200, 1e30]) {
      arena.reset();
      const values = h.normals(r, n).map((v) => v * spread);
      const x = arena.putLast(values);
      const y = r.next() < 0.5 ? x : arena.room(4 * n, 4);
      arena.call(t, 'f32_softmax', [n, x, y], [[y, 4 * n]]);
      const want = softmax(values);
      const bound = 8 * 2 ** -24 * Math.max(...want);
      h.within(t, arena.f32(y, n), want, () => bound, `${n} scores, spread ${spread}`);
    }
  }
});

h.kernelTest('f32_softmax: each power is within 4 units in the last place', (t, arena) => {
  // Of the scores 0 and -d, the second result by the first is e^-d.
  const d = Float32Array.from({ length: 2400 }, (_, i) => i * 0.0361);
  const y = arena.room(8, 4);
  const powers = d.map((v) => {
    const x = arena.putLast(Float32Array.of(0, -v));
    arena.k.f32_softmax(2, x, y);
    const [first, second] = arena.f32(y, 2);
    return second / first;
  });
  const want = Array.from(d, (v) => Math.exp(-v));
  h.within(t, powers, want, (i) => 4 * 2 ** -23 * want[i], 'e^0 to e^-86');
});

h.kernelTest('f32_softmax on scores that are not numbers', (t, arena) => {
  const run = (...scores: number[]) => {
    arena.reset();
    const x = arena.put(Float32Array.from(scores));
    arena.k.f32_softmax(scores.length, x, x);
    return Array.from(arena.f32(x, scores.length));
  };
  t.strictSame(run(-Infinity, 0, -Infinity, -Infinity, 0), [0, 0.5, 0, 0, 0.5]);
  t.strictSame(run(3.4e38, 3.4e38, -3.4e38), [0.5, 0.5, 0]);
  t.strictSame(run(1, NaN, 2), [NaN, NaN, NaN]);
  t.strictSame(run(1, 2, 3, 4, NaN), Array(5).fill(NaN));
  t.strictSame(run(-Infinity, -Infinity), [NaN, NaN]);
  t.strictSame(run(0, Infinity), [NaN, NaN]);
});
