import * as h from './helpers.js';

const { fround } = Math;
const LENGTHS = [1, 3, 4, 15, 16, 17, 48, 100];
const CLAMPS = [
  [-Infinity, Infinity],
  [0, 6],
];

h.kernelTest('qs8_vadd equals the plain loop, also in place', (t, arena, r) => {
  for (const n of LENGTHS) {
    for (const [ma, mb] of [
      [0.7, 0.4],
      [0.5, 0.5],
      [8000, 8000],
      [1, 2 ** -20],
    ].map((pair) => pair.map(fround))) {
      arena.reset();
      const vectors = h.roundUp(n, 16);
      const [left, right] = [h.randomI8(r, vectors), h.randomI8(r, vectors)];
      const [za, zb] = [r.pick([-128, 0, 127, r.int(-128, 127)]), r.pick([-128, 0, 127])];
      const range = h.randomRange(r);
      const a = arena.put(left);
      const b = arena.putLast(right);
      const y = r.next() < 0.3 ? a : arena.room(vectors, 1);
      arena.call(t, 'qs8_vadd', [n, a, b, y, za, zb, ma, mb, ...range], [[y, vectors]]);
      const want = Array.from({ length: n }, (_, i) => {
        const v = fround(fround((left[i] - za) * ma) + fround((right[i] - zb) * mb));
        return h.requantize(v, 1, ...range);
      });
      h.sameIntegers(t, arena.i8(y, n), want, `${n} elements, ${ma}, ${mb}`);
    }
  }
});

h.kernelTest(
  'f32_vbinary adds, of vectors and of one number, also in place, and writes no more',
  (t, arena, r) => {
    for (const n of LENGTHS) {
      for (const [sa, sb] of [
        [4, 4],
        [4, 0],
        [0, 4],
      ]) {
        arena.reset();
        const vectors = h.roundUp(n, 4);
        const [left, right] = [h.normals(r, vectors), h.normals(r, vectors)];
        left[0] = NaN;
        const [lo, hi] = r.pick(CLAMPS);
        const a = arena.put(left);
        const b = arena.putLast(right);
        const y = sa && r.next() < 0.3 ? a : arena.room(4 * n, 4);
        arena.call(t, 'f32_vbinary', [h.operator('add'), n, a, sa, b, sb, y, lo, hi], [[y, 4 * n]]);
        const want = Array.from({ length: n }, (_, i) =>
          h.clamp(fround(left[sa ? i : 0] + right[sb ? i : 0]), lo, hi),
        );
        h.within(t, arena.f32(y, n), want, () => 0, `${n} elements`);
      }
    }
  },
);

h.kernelTest(
  'qs8_vbinary equals the plain loop for vectors, one number and one pair, and writes no more',
  (t, arena, r) => {
    for (const n of LENGTHS) {
      for (const op of ['add', 'mul', 'min', 'max']) {
        for (const [sa, sb] of [
          [1, 1],
          [1, 0],
          [2, 1],
        ]) {
          arena.reset();
          const [left, right] = [h.randomI8(r, h.roundUp(n, 8)), h.randomI8(r, h.roundUp(n, 8))];
          const [za, zb] = [r.int(-128, 127), r.int(-128, 127)];
          const [ma, mb] = [fround(0.01 + r.next()), fround(0.01 + r.next())];
          const range = h.randomRange(r);
          const a = arena.put(left);
          const b = arena.putLast(right);
          const y = arena.room(n, 1);
          arena.call(
            t,
            'qs8_vbinary',
            [h.operator(op), n, a, sa, b, sb, y, za, zb, ma, mb, ...range],
            [[y, n]],
          );
          const want = Array.from({ length: n }, (_, i) => {
            const p = left[sa === 1 ? i : sa ? i & 1 : 0];
            const q = right[sb ? i : 0];
            if (op === 'min' || op === 'max') return Math[op](p, q);
            if (op === 'mul') return h.requantize((p - za) * (q - zb), ma, ...range);
            return h.requantize(fround(fround((p - za) * ma) + fround((q - zb) * mb)), 1, ...range);
          });
          h.sameIntegers(t, arena.i8(y, n), want, `${op}, ${n} elements, steps ${sa} and ${sb}`);
        }
      }
    }
  },
);

h.kernelTest('f32_vwhere, x8_lookup and x_copy write no more than they should', (t, arena, r) => {
  for (const n of LENGTHS) {
    arena.reset();
    const [c, a, b] = [0, 1, 2].map(() => h.normals(r, h.roundUp(n, 4)));
    c.forEach((_, i) => (c[i] = i % 3 ? c[i] : 0));
    const [ct, at, bt] = [c, a, b].map((x) => arena.put(x));
    const y = arena.room(4 * n, 4);
    arena.call(t, 'f32_vwhere', [n, ct, 4, at, 4, bt, 0, y], [[y, 4 * n]]);
    const chosen = Array.from({ length: n }, (_, i) => (c[i] !== 0 ? a[i] : b[0]));
    h.within(t, arena.f32(y, n), chosen, () => 0, `where, ${n}`);

    const [x, table] = [h.randomI8(r, n), h.randomI8(r, 256)];
    const [xt, tt] = [arena.put(x), arena.put(table)];
    const z = arena.room(n, 1);
    arena.call(t, 'x8_lookup', [n, xt, z, tt], [[z, n]]);
    h.sameIntegers(
      t,
      arena.i8(z, n),
      Array.from(x, (v) => table[v + 128]),
      `lookup, ${n}`,
    );

    const backwards = arena.room(4 * n, 4);
    arena.call(t, 'x_copy', [4, n, at + 4 * (n - 1), -4, backwards], [[backwards, 4 * n]]);
    const reversed = Array.from(a.subarray(0, n)).reverse();
    h.within(t, arena.f32(backwards, n), reversed, () => 0, `copy, ${n}`);
  }
});

h.kernelTest('qs8_vclamp and f32_vunary', (t, arena, r) => {
  for (const n of LENGTHS) {
    arena.reset();
    const bytes = h.randomI8(r, h.roundUp(n, 16));
    const [, lo, hi] = h.randomRange(r);
    const x = arena.putLast(bytes);
    const y = arena.room(bytes.length, 1);
    arena.call(t, 'qs8_vclamp', [n, x, y, lo, hi], [[y, bytes.length]]);
    const want = Array.from(bytes.subarray(0, n), (v) => h.clamp(v, lo, hi));
    h.sameIntegers(t, arena.i8(y, n), want, `${n} int8`);

    const floats = h.normals(r, h.roundUp(n, 4));
    floats[0] = NaN;
    const z = arena.putLast(floats);
    arena.call(t, 'f32_vunary', [h.operator('clip'), n, z, z, -0.5, 0.5], [[z, 4 * n]]);
    const clamped = Array.from(floats.subarray(0, n), (v) => h.clamp(v, -0.5, 0.5));
    h.within(t, arena.f32(z, n), clamped, () => 0, `${n} f32`);
  }
});

/** Normal values, ties, and everything that is not a common number. */
const STRANGE = [
  NaN,
  Infinity,
  -Infinity,
  3.4e38,
  -3.4e38,
  1e-45,
  -0,
  0.5,
  1.5,
  2.5,
  -0.5,
  -1.5,
  2097153,
  -5e6,
];

/** FORMAT.md's quantize. */
function quantize(x: number, inverse: number, zero: number): number {
  const v = fround(x * inverse);
  return Number.isNaN(v) ? zero : h.requantize(h.clamp(v, -2097152, 2097152), 1, zero, -128, 127);
}

h.kernelTest('f32_qs8_vcvt equals the plain loop', (t, arena, r) => {
  for (const n of LENGTHS) {
    for (const inverse of [1, fround(1 / 0.03), fround(1 / 3e-39), fround(1e-3)]) {
      arena.reset();
      const vectors = h.roundUp(n, 16);
      const values = Float32Array.from({ length: vectors }, () =>
        r.pick([...STRANGE, r.normal(), r.normal()]),
      );
      const zero = r.pick([-128, 0, 3, 127]);
      const x = arena.putLast(values);
      const y = arena.room(vectors, 1);
      arena.call(t, 'f32_qs8_vcvt', [n, x, y, inverse, zero], [[y, vectors]]);
      const want = Array.from(values.subarray(0, n), (v) => quantize(v, inverse, zero));
      h.sameIntegers(t, arena.i8(y, n), want, `${n} elements, 1 / ${inverse}`);
    }
  }
});

h.kernelTest('qs8_f32_vcvt and its pair form are exact', (t, arena, r) => {
  for (const n of LENGTHS) {
    arena.reset();
    const scale = fround(0.1 + r.next());
    const zero = r.pick([-128, 0, 127, r.int(-128, 127)]);
    const value = (q: number) => fround((q - zero) * scale);
    const bytes = h.randomI8(r, h.roundUp(n, 8));
    const x = arena.putLast(bytes);
    const y = arena.room(4 * bytes.length, 4);
    arena.call(t, 'qs8_f32_vcvt', [n, x, y, scale, zero], [[y, 4 * bytes.length]]);
    h.within(t, arena.f32(y, n), Array.from(bytes.subarray(0, n), value), () => 0, `${n} elements`);

    const pairs = h.randomI8(r, 2 * h.roundUp(n, 4));
    const at = arena.putLast(pairs);
    const [y0, y1] = [0, 1].map(() => arena.room(2 * pairs.length, 4));
    arena.call(
      t,
      'qs8_f32_vcvt_pair',
      [n, at, y0, y1, scale, zero],
      [
        [y0, 2 * pairs.length],
        [y1, 2 * pairs.length],
      ],
    );
    [y0, y1].forEach((plane, c) => {
      const want = Array.from({ length: n }, (_, p) => value(pairs[2 * p + c]));
      h.within(t, arena.f32(plane, n), want, () => 0, `${n} pairs, channel ${c}`);
    });
  }
});
