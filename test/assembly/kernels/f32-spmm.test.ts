import type { Test } from 'tap';
import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

const REACH = 24;
const CLAMPS = [
  [-Infinity, Infinity],
  [0, Infinity],
  [0, 6],
];

/** Sum of products in f64, and FORMAT.md's bound of a kernel's error: `(n + 2) * 2^-24 * sum|a*b|`. */
function exactSum(terms: [number, number][]): { sum: number; bound: number } {
  const sum = terms.reduce((s, [a, b]) => s + a * b, 0);
  const magnitude = terms.reduce((s, [a, b]) => s + Math.abs(a * b), 0);
  return { sum, bound: (terms.length + 2) * 2 ** -24 * magnitude };
}

/** One kernel of `outputs` output planes on random values. */
function checkSpmm(t: Test, arena: h.Arena, r: Random, outputs: number, pixels: number, count: number): void {
  arena.reset();
  const kernel = `f32_spmm_${outputs}x1`;
  const tiles = h.roundUp(pixels, h.TILE);
  const values = h.normals(r, tiles + 2 * REACH);
  const offsets = Array.from({ length: count }, (_, i) => [REACH, -REACH][i] ?? r.int(-REACH, REACH));
  const bias = h.normals(r, outputs);
  const w = offsets.map(() => h.normals(r, outputs));
  const program = new h.Program().i32(count).f32(...bias);
  offsets.forEach((offset, i) => program.i32(4 * offset).f32(...w[i]));
  const bytes = program.done();
  const x = arena.putLast(values) + 4 * REACH;
  const list = arena.put(bytes);
  const ys = Array.from({ length: outputs }, () => arena.room(4 * tiles, 4));
  const [lo, hi] = r.pick(CLAMPS);
  const writes = ys.map((y): [number, number] => [y, 4 * tiles]);
  t.equal(arena.call(t, kernel, [pixels, x, list, ...ys, lo, hi], writes), list + bytes.length);
  ys.forEach((y, o) => {
    const exact = Array.from({ length: pixels }, (_, p) =>
      exactSum([[bias[o], 1], ...offsets.map((d, i): [number, number] => [w[i][o], values[REACH + p + d]])]),
    );
    const want = exact.map(({ sum }) => h.clamp(sum, lo, hi));
    h.within(
      t,
      arena.f32(y, pixels),
      want,
      (i) => exact[i].bound,
      `${kernel}, ${pixels} pixels, ${count} entries, ${o}`,
    );
  });
}

for (const outputs of [1, 2]) {
  h.kernelTest(`f32_spmm_${outputs}x1 stays within the bound`, (t, arena, r) => {
    for (const pixels of [...h.PIXELS, 32, 33]) {
      for (const count of h.COUNTS) checkSpmm(t, arena, r, outputs, pixels, count);
    }
  });
}

h.kernelTest('f32_gemv_4x1 stays within the bound', (t, arena, r) => {
  const elements = 60;
  for (const count of [...h.COUNTS, 300]) {
    arena.reset();
    const values = h.normals(r, elements);
    const at = Array.from({ length: count }, (_, i) => (i === 0 ? elements - 1 : r.int(0, elements - 1)));
    const w = at.map(() => h.normals(r, 4));
    const bias = h.normals(r, 4);
    const program = new h.Program()
      .i32(count)
      .f32(...bias)
      .i32(...at.map((i) => 4 * i));
    for (const block of w) program.f32(...block);
    const bytes = program.done();
    const x = arena.putLast(values);
    const list = arena.put(bytes);
    const y = arena.room(16, 4);
    const [lo, hi] = r.pick(CLAMPS);
    t.equal(arena.call(t, 'f32_gemv_4x1', [x, list, y, lo, hi], [[y, 16]]), list + bytes.length);
    const exact = Array.from({ length: 4 }, (_, o) =>
      exactSum([[bias[o], 1], ...at.map((i, k): [number, number] => [w[k][o], values[i]])]),
    );
    const want = exact.map(({ sum }) => h.clamp(sum, lo, hi));
    h.within(t, arena.f32(y, 4), want, (o) => exact[o].bound, `${count} entries`);
  }
});

h.kernelTest('f32_spmm_1x1 lets NaN and infinities through', (t, arena) => {
  const values = new Float32Array(h.TILE);
  values.set([NaN, Infinity, -Infinity, -1]);
  const x = arena.put(values);
  const list = arena.put(new h.Program().i32(1).f32(0).i32(0).f32(1).done());
  const y = arena.room(4 * h.TILE, 4);
  arena.k.f32_spmm_1x1(h.TILE, x, list, y, 0, Infinity);
  t.strictSame(Array.from(arena.f32(y, 4)), [NaN, Infinity, 0, 0]);
});
