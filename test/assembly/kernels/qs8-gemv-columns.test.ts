import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

const OUTPUTS = 16;
/** Around a vector, and more than one. */
const INPUTS = [1, 2, 15, 16, 17, 32, 40, 100];
/** Of each output: an ordinary scale, one that gives almost 0, one of many ties. */
const SCALES = [0.003, 2 ** -24, 0.5];

const scaleOf = (o: number): number => SCALES[o % SCALES.length];

/** Inputs of which this share is the zero point: none, some, most, all. */
const ZEROS = [0, 0.3, 0.9, 1];

function input(r: Random, n: number, zero: number, zeros: number): Int8Array {
  return h.randomI8(r, n).map((value) => (r.next() < zeros ? zero : value));
}

h.kernelTest('qs8_nonzero lists what is not the zero point', (t, arena, r) => {
  for (const n of INPUTS)
    for (const share of ZEROS) {
      arena.reset();
      const zero = r.pick([-128, 0, 127]);
      const values = input(r, n, zero, share);
      const x = arena.putLast(
        Int8Array.from({ length: h.roundUp(n, 16) }, (_, i) => values[i] ?? r.int(-128, 127)),
      );
      const offsets = arena.room(4 * (n + 1), 4);
      const words = arena.room(2 * (n + 1), 2);
      const kept = [...values.keys()].filter((i) => values[i] !== zero);
      const pairs = Math.ceil(kept.length / 2);
      const got = arena.call(
        t,
        'qs8_nonzero',
        [n, x, zero, offsets, words],
        [
          [offsets, 4 * (kept.length + 1)],
          [words, 2 * (kept.length + 1)],
        ],
      );
      t.equal(got, pairs);
      h.sameIntegers(
        t,
        arena.i32(offsets, kept.length + 1),
        [...kept.map((i) => 16 * i), 0],
        `offsets, ${n}, ${share}`,
      );
      h.sameIntegers(
        t,
        arena.i16(words, kept.length + 1),
        [...kept.map((i) => values[i] - zero), 0],
        `values, ${n}`,
      );
    }
});

h.kernelTest('qs8_gemv_columns equals the plain loop over all inputs', (t, arena, r) => {
  for (const n of INPUTS)
    for (const share of ZEROS) {
      arena.reset();
      const zero = r.pick([-128, 3, 127]);
      const values = input(r, n, zero, share);
      const programs = 2;
      const bias = Array.from({ length: programs * OUTPUTS }, () => r.int(-99999, 99999));
      const w = Array.from({ length: programs }, () => h.randomI8(r, n * OUTPUTS));
      const program = new h.Program();
      for (let p = 0; p < programs; p++) {
        program.i32(...bias.slice(p * OUTPUTS, (p + 1) * OUTPUTS));
        program.f32(...Array.from({ length: OUTPUTS }, (_, o) => scaleOf(o)));
        program.i8(...w[p]);
      }
      const kept = [...values.keys()].filter((i) => values[i] !== zero);
      if (kept.length % 2 === 1) kept.push(-1);
      const offsets = arena.put(Int32Array.from(kept, (i) => 16 * Math.max(0, i)));
      const words = arena.put(Int16Array.from(kept, (i) => (i < 0 ? 0 : values[i] - zero)));
      const at = arena.putLast(program.done());
      const y = arena.room(programs * OUTPUTS, 1);
      const range = h.randomRange(r);
      const bytes = 128 + 16 * n;
      arena.call(
        t,
        'qs8_gemv_columns',
        [programs, kept.length / 2, offsets, words, at, bytes, y, ...range],
        [[y, programs * OUTPUTS]],
      );
      const want = bias.map((b, i) => {
        const [p, o] = [Math.floor(i / OUTPUTS), i % OUTPUTS];
        const sum = values.reduce((total, value, k) => total + w[p][16 * k + o] * (value - zero), b);
        return h.requantize(sum, scaleOf(o), ...range);
      });
      h.sameIntegers(t, arena.i8(y, programs * OUTPUTS), want, `${n} inputs, ${share} of them zero`);
    }
});
