import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

const PAIRS = 50;
/** Of four outputs: an ordinary scale, one of an extreme sum, one that gives almost 0, one of many ties. */
const SCALES = [0.003, 2 ** -10, 2 ** -24, 0.5];

function biases(r: Random, terms: number): number[] {
  const extreme = 2 ** 31 - 1 - terms * 128 * 128;
  return [r.int(-9999, 9999), extreme, -extreme, r.int(-9, 9)];
}

/** A program of `count` entries on 50 pairs, and the exact sums. */
function pairProgram(r: Random, x: Int8Array, count: number) {
  const pairs = Array.from({ length: count }, (_, i) => (i === 0 ? PAIRS - 1 : r.int(0, PAIRS - 1)));
  const w = pairs.map(() => Array.from(h.randomI8(r, 8)));
  const bias = biases(r, 2 * count);
  const program = new h.Program()
    .i32(count, ...bias)
    .f32(...SCALES)
    .i16(...pairs)
    .i8(...w.flat())
    .done();
  const acc = bias.map((b, o) =>
    pairs.reduce((sum, pair, k) => sum + w[k][2 * o] * x[2 * pair] + w[k][2 * o + 1] * x[2 * pair + 1], b),
  );
  return { program, acc };
}

/** A program of `count` windows, and the exact sums. */
function windowProgram(r: Random, x: Int8Array, count: number) {
  const windows = Array.from({ length: count }, (_, i) => ({
    offset: i === 0 ? x.length - 16 : r.int(0, x.length - 16),
    which: Array.from({ length: 16 }, () => r.int(0, 15)),
    w: Array.from(h.randomI8(r, 16)),
  }));
  const bias = [...biases(r, 2 * count), ...biases(r, 2 * count)];
  const program = new h.Program().i32(count, ...bias).f32(...SCALES, ...SCALES);
  for (const { offset, which, w } of windows) program.i32(offset).i8(...which, ...w);
  const acc = bias.map((b, o) =>
    windows.reduce(
      (sum, { offset, which, w }) =>
        sum + [2 * o, 2 * o + 1].reduce((part, slot) => part + w[slot] * x[offset + which[slot]], 0),
      b,
    ),
  );
  return { program: program.done(), acc };
}

/** Programs of 0, 1 and 3 times this many entries, one after another. */
function programs(make: typeof pairProgram, r: Random, x: Int8Array, count: number) {
  const cases = [count, 0, 3 * count].map((n) => make(r, x, n));
  const program = Uint8Array.from(cases.flatMap((one) => Array.from(one.program)));
  return { program, acc: cases.flatMap(({ acc }) => acc) };
}

const scaleOf = (o: number): number => SCALES[o % 4];

h.kernelTest('qs8_gemv_4x2 and qs8_f32_gemv_4x2 equal the plain loop', (t, arena, r) => {
  for (const count of [0, 2, 6, 40, 200]) {
    for (let repeat = 0; repeat < 4; repeat++) {
      arena.reset();
      const x = h.randomI8(r, 2 * PAIRS);
      const { program, acc } = programs(pairProgram, r, x, count);
      const x16 = arena.putLast(Int16Array.from(x));
      const w = arena.put(program);
      const y = arena.room(64, 4);
      const range = h.randomRange(r);
      t.equal(arena.call(t, 'qs8_gemv_4x2', [3, x16, w, y, ...range], [[y, 12]]), w + program.length);
      const want = acc.map((a, o) => h.requantize(a, scaleOf(o), ...range));
      h.sameIntegers(t, arena.i8(y, 12), want, `${count} entries, int8`);

      const [lo, hi] = r.pick([
        [-Infinity, Infinity],
        [0, 6],
      ]);
      t.equal(arena.call(t, 'qs8_f32_gemv_4x2', [3, x16, w, y, lo, hi], [[y, 48]]), w + program.length);
      const scores = acc.map((a, o) =>
        h.clamp(Math.fround(Math.fround(a) * Math.fround(scaleOf(o))), lo, hi),
      );
      h.sameIntegers(t, arena.f32(y, 12), scores, `${count} entries, f32`);
    }
  }
});

h.kernelTest('qs8_gemv_8x16 equals the plain loop', (t, arena, r) => {
  for (const count of [0, 1, 2, 3, 7, 60]) {
    for (let repeat = 0; repeat < 4; repeat++) {
      arena.reset();
      const values = h.randomI8(r, r.pick([16, 17, 100]));
      const { program, acc } = programs(windowProgram, r, values, count);
      const x = arena.putLast(values);
      const w = arena.put(program);
      const y = arena.room(24, 1);
      const range = h.randomRange(r);
      t.equal(arena.call(t, 'qs8_gemv_8x16', [3, x, w, y, ...range], [[y, 24]]), w + program.length);
      const want = acc.map((a, o) => h.requantize(a, scaleOf(o), ...range));
      h.sameIntegers(t, arena.i8(y, 24), want, `${count} windows of ${values.length} inputs`);
    }
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
