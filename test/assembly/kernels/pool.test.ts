import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

const { fround } = Math;
const REACH = 20;
const TAPS = [1, 2, 4, 9];

/** Windows of `taps` pixels over one plane, at both ends of what they may reach. */
function randomWindow(r: Random, taps: number): number[] {
  return Array.from({ length: taps }, (_, i) => [REACH, -REACH][i] ?? r.int(-REACH, REACH));
}

h.kernelTest('qs8_maxpool and qs8_avgpool equal the plain loop', (t, arena, r) => {
  for (const pixels of h.PIXELS) {
    for (const taps of TAPS) {
      arena.reset();
      const tiles = h.roundUp(pixels, h.TILE);
      const values = h.randomI8(r, 2 * (tiles + 2 * REACH));
      const window = randomWindow(r, taps);
      const inputs = (i: number) => window.map((offset) => values[2 * (REACH + offset) + i]);
      const x = arena.putLast(values) + 2 * REACH;
      const offsets = arena.put(Int32Array.from(window, (offset) => 2 * offset));
      const y = arena.room(2 * tiles, 2);
      arena.call(t, 'qs8_maxpool', [pixels, x, taps, offsets, y], [[y, 2 * tiles]]);
      const most = Array.from({ length: 2 * pixels }, (_, i) => Math.max(...inputs(i)));
      h.sameIntegers(t, arena.i8(y, 2 * pixels), most, `max, ${pixels} pixels, ${taps} taps`);

      const zx = r.pick([-128, 0, 127, r.int(-128, 127)]);
      const range = h.randomRange(r);
      const factors = Float32Array.from({ length: tiles }, () =>
        r.pick([1, 0.5, 1 / taps, 1.7 / taps, 2000]),
      );
      const scale = arena.put(factors);
      const args = [pixels, x, taps, offsets, y, scale, zx, ...range];
      arena.call(t, 'qs8_avgpool', args, [[y, 2 * tiles]]);
      const mean = Array.from({ length: 2 * pixels }, (_, i) =>
        h.requantize(
          inputs(i).reduce((sum, v) => sum + v - zx, 0),
          factors[i >> 1],
          ...range,
        ),
      );
      h.sameIntegers(t, arena.i8(y, 2 * pixels), mean, `mean, ${pixels} pixels, ${taps} taps`);
    }
  }
});

h.kernelTest('f32_maxpool is exact, f32_avgpool within the bound', (t, arena, r) => {
  for (const pixels of h.PIXELS) {
    for (const taps of TAPS) {
      arena.reset();
      const tiles = h.roundUp(pixels, h.TILE);
      const values = h.normals(r, tiles + 2 * REACH);
      const window = randomWindow(r, taps);
      const inputs = (p: number) => window.map((offset) => values[REACH + offset + p]);
      const x = arena.putLast(values) + 4 * REACH;
      const offsets = arena.put(Int32Array.from(window, (offset) => 4 * offset));
      const y = arena.room(4 * tiles, 4);
      arena.call(t, 'f32_maxpool', [pixels, x, taps, offsets, y], [[y, 4 * tiles]]);
      const most = Array.from({ length: pixels }, (_, p) => Math.max(...inputs(p)));
      h.within(t, arena.f32(y, pixels), most, () => 0, `max, ${pixels} pixels, ${taps} taps`);

      const factors = Float32Array.from({ length: tiles }, () => 1 / r.int(1, taps));
      const scale = arena.put(factors);
      arena.call(t, 'f32_avgpool', [pixels, x, taps, offsets, y, scale], [[y, 4 * tiles]]);
      const weighted = (p: number, of: (v: number) => number) =>
        inputs(p).reduce((sum, v) => sum + of(v) * factors[p], 0);
      const mean = Array.from({ length: pixels }, (_, p) => weighted(p, (v) => v));
      const bound = (p: number) => (taps + 2) * 2 ** -24 * weighted(p, Math.abs);
      h.within(t, arena.f32(y, pixels), mean, bound, `mean, ${pixels} pixels, ${taps} taps`);
    }
  }
});

const PLANES = [
  [1, 1, 0],
  [1, 3, 0],
  [7, 7, 2],
  [4, 8, 0],
  [3, 17, 5],
  [20, 20, 1],
];

h.kernelTest('qs8_gavgpool and qs8_gmaxpool equal the plain loop', (t, arena, r) => {
  for (const [rows, columns, pad] of PLANES) {
    for (let repeat = 0; repeat < 4; repeat++) {
      arena.reset();
      const stride = 2 * (columns + pad);
      const values = h.randomI8(r, (rows - 1) * stride + 2 * columns);
      const inputs = (c: number) =>
        Array.from({ length: rows * columns }, (_, i) => {
          return values[Math.floor(i / columns) * stride + 2 * (i % columns) + c];
        });
      const x = arena.putLast(values);
      const y = arena.room(2, 1);
      arena.call(t, 'qs8_gmaxpool', [rows, columns, stride, x, y], [[y, 2]]);
      const most = [0, 1].map((c) => Math.max(...inputs(c)));
      h.sameIntegers(t, arena.i8(y, 2), most, `max, ${rows}x${columns}`);

      const zx = r.int(-128, 127);
      const range = h.randomRange(r);
      const factor = fround(r.pick([1.3, 0.5, 40]) / (rows * columns));
      arena.call(t, 'qs8_gavgpool', [rows, columns, stride, x, y, factor, zx, ...range], [[y, 2]]);
      const mean = [0, 1].map((c) =>
        h.requantize(
          inputs(c).reduce((sum, v) => sum + v - zx, 0),
          factor,
          ...range,
        ),
      );
      h.sameIntegers(t, arena.i8(y, 2), mean, `mean, ${rows}x${columns}`);
    }
  }
});

h.kernelTest('f32_gmaxpool is exact, f32_gavgpool within the bound', (t, arena, r) => {
  for (const [rows, columns, pad] of PLANES) {
    arena.reset();
    const stride = columns + pad;
    const values = h.normals(r, (rows - 1) * stride + columns);
    const inputs = Array.from({ length: rows * columns }, (_, i) => {
      return values[Math.floor(i / columns) * stride + (i % columns)];
    });
    const x = arena.putLast(values);
    const y = arena.room(4, 4);
    arena.call(t, 'f32_gmaxpool', [rows, columns, 4 * stride, x, y], [[y, 4]]);
    h.within(t, arena.f32(y, 1), [Math.max(...inputs)], () => 0, `max, ${rows}x${columns}`);

    const n = rows * columns;
    arena.call(t, 'f32_gavgpool', [rows, columns, 4 * stride, x, y, fround(1 / n)], [[y, 4]]);
    const mean = inputs.reduce((a, b) => a + b, 0) / n;
    const bound = ((n + 2) * 2 ** -24 * inputs.reduce((a, b) => a + Math.abs(b), 0)) / n;
    h.within(t, arena.f32(y, 1), [mean], () => bound, `mean, ${rows}x${columns}`);
  }
});

h.kernelTest('a NaN in its window wins an f32 maximum', (t, arena) => {
  const values = new Float32Array(20).fill(1);
  values[5] = NaN;
  const x = arena.put(values);
  const offsets = arena.put(Int32Array.of(0, 4));
  const y = arena.room(64, 4);
  arena.k.f32_maxpool(16, x, 2, offsets, y);
  t.strictSame(Array.from(arena.f32(y, 8)), [1, 1, 1, 1, NaN, NaN, 1, 1]);
  arena.k.f32_gmaxpool(1, 20, 80, x, y);
  t.strictSame(Array.from(arena.f32(y, 1)), [NaN]);
});
