import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

const PAIRS = 50;

/** A program of `count` entries, its input, and the exact sums. */
function randomCase(r: Random, count: number) {
  const x = Int16Array.from(h.randomI8(r, 2 * PAIRS));
  const pairs = Array.from({ length: count }, (_, i) => (i === 0 ? PAIRS - 1 : r.int(0, PAIRS - 1)));
  const w = pairs.map(() => Array.from(h.randomI8(r, 8)));
  const extreme = 2 ** 31 - 1 - count * 2 * 128 * 128;
  const bias = [r.int(-9999, 9999), extreme, -extreme, r.int(-9, 9)];
  const m = [0.003, 2 ** -10, 2 ** -24, 0.5];
  const program = new h.Program()
    .i32(count, ...bias)
    .f32(...m)
    .i16(...pairs)
    .align(4)
    .i8(...w.flat())
    .done();
  const acc = bias.map((b, o) =>
    pairs.reduce((sum, pair, k) => sum + w[k][2 * o] * x[2 * pair] + w[k][2 * o + 1] * x[2 * pair + 1], b),
  );
  return { x, program, acc, m };
}

h.kernelTest('qs8_gemv_4x2 and qs8_f32_gemv_4x2 equal the plain loop', (t, arena, r) => {
  for (const count of [...h.COUNTS, 200]) {
    for (let repeat = 0; repeat < 4; repeat++) {
      arena.reset();
      const { x, program, acc, m } = randomCase(r, count);
      const x16 = arena.putLast(x);
      const w = arena.put(program);
      const y = arena.room(16, 4);
      const range = h.randomRange(r);
      t.equal(arena.call(t, 'qs8_gemv_4x2', [x16, w, y, ...range], [[y, 4]]), w + program.length);
      const want = acc.map((a, o) => h.requantize(a, m[o], ...range));
      h.sameIntegers(t, arena.i8(y, 4), want, `${count} entries, int8`);

      const [lo, hi] = r.pick([
        [-Infinity, Infinity],
        [0, 6],
      ]);
      t.equal(arena.call(t, 'qs8_f32_gemv_4x2', [x16, w, y, lo, hi], [[y, 16]]), w + program.length);
      const scores = acc.map((a, o) => h.clamp(Math.fround(Math.fround(a) * Math.fround(m[o])), lo, hi));
      h.sameIntegers(t, arena.f32(y, 4), scores, `${count} entries, f32`);
    }
  }
});

h.kernelTest('qs8_gemv_4x2 starts where the last program ended', (t, arena, r) => {
  const cases = [3, 0, 4].map((count) => randomCase(r, count));
  const x16 = arena.put(cases[0].x);
  const joined = cases.flatMap(({ program }) => Array.from(program));
  let w = arena.put(Uint8Array.from(joined));
  for (let i = 0; i < cases.length; i++) {
    const y = arena.room(4, 1);
    const end = arena.k.qs8_gemv_4x2(x16, w, y, 0, -128, 127);
    t.equal(end - w, cases[i].program.length);
    w = end;
  }
});

h.kernelTest('qs8_widen', (t, arena, r) => {
  for (const n of [1, 7, 8, 9, 64, 101]) {
    arena.reset();
    const vectors = h.roundUp(n, 8);
    const values = h.randomI8(r, vectors);
    const x = arena.putLast(values);
    const y = arena.room(2 * vectors, 4);
    arena.call(t, 'qs8_widen', [n, x, y], [[y, 2 * vectors]]);
    h.sameIntegers(t, arena.i16(y, n), values.subarray(0, n), `${n}`);
  }
});
