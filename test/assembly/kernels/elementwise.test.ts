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

h.kernelTest('f32_vadd is exact, also in place', (t, arena, r) => {
  for (const n of LENGTHS) {
    arena.reset();
    const vectors = h.roundUp(n, 4);
    const [left, right] = [h.normals(r, vectors), h.normals(r, vectors)];
    left[0] = NaN;
    const [lo, hi] = r.pick(CLAMPS);
    const a = arena.put(left);
    const b = arena.putLast(right);
    const y = r.next() < 0.3 ? a : arena.room(4 * vectors, 4);
    arena.call(t, 'f32_vadd', [n, a, b, y, lo, hi], [[y, 4 * vectors]]);
    const want = Array.from({ length: n }, (_, i) => h.clamp(fround(left[i] + right[i]), lo, hi));
    h.within(t, arena.f32(y, n), want, () => 0, `${n} elements`);
  }
});

h.kernelTest('qs8_vclamp and f32_vclamp', (t, arena, r) => {
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
    arena.call(t, 'f32_vclamp', [n, z, z, -0.5, 0.5], [[z, floats.byteLength]]);
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
