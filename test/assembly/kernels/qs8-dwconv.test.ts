import type { Test } from 'tap';
import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

/** How far, in pixels, an offset reaches before and after the output pixel. */
const REACH = 30;
const TILE = 8;

/** What the two output rows of a pair add of one zip at one column: weights of c0 in both halves, then of c1. */
interface Entry {
  offset: number;
  rows: number[][];
}

interface Program {
  bias: number[];
  m: number[];
  entries: Entry[];
}

function randomProgram(r: Random, count: number): Program {
  const weights = () => Array.from({ length: 4 }, () => r.int(-127, 127));
  return {
    bias: [r.int(-5000, 5000), r.pick([-1, 1]) * (2 ** 31 - 1 - 2 * 25 * 127 * 128)],
    m: [300 / (16000 * Math.max(1, 2 * count)), r.pick([2 ** -10, 2 ** -24])],
    entries: Array.from({ length: count }, (_, i) => ({
      offset: [REACH, -REACH][i] ?? r.int(-REACH, REACH),
      rows: [weights(), weights()],
    })),
  };
}

function programBytes({ bias, m, entries }: Program): Uint8Array {
  const program = new h.Program()
    .i32(entries.length)
    .i32(...bias)
    .f32(...m);
  for (const { offset, rows } of entries) program.i32(8 * offset).i16(...rows.flat());
  return program.done();
}

/** The plain loop: channel c of pixel p of output row `row`, of a band whose pixel 0 stands at pixel REACH. */
function plain(program: Program, band: Int16Array, step: number, row: number, p: number, c: number): number {
  let acc = program.bias[c];
  for (const { offset, rows } of program.entries) {
    const w = rows[row & 1];
    const at = 4 * (REACH + (row >> 1) * step + p + offset) + 2 * c;
    acc += w[2 * c] * band[at] + w[2 * c + 1] * band[at + 1];
  }
  return acc;
}

/** Output rows `gap` pixels apart of `planes` bands at the very end of memory. */
interface Call {
  planes: number;
  rows: number;
  pixels: number;
  gap: number;
  count: number;
}

function check(t: Test, arena: h.Arena, r: Random, { planes, rows, pixels, gap, count }: Call): void {
  arena.reset();
  const tiles = h.roundUp(pixels, TILE);
  const step = r.int(0, 40);
  const pairs = (rows + 1) >> 1;
  const bandPixels = tiles + 2 * REACH + (pairs - 1) * step;
  const bands = Array.from({ length: planes }, () => Int16Array.from(h.randomI8(r, 4 * bandPixels)));
  const programs = bands.map((_, i) => randomProgram(r, i ? r.int(0, 9) : count));
  const bytes = Uint8Array.from(programs.flatMap((program) => Array.from(programBytes(program))));
  const x = arena.putLast(Int16Array.from(bands.flatMap((band) => Array.from(band)))) + 8 * REACH;
  const list = arena.put(bytes);
  const rowBytes = 2 * (pixels + gap);
  const planeBytes = (rows - 1) * rowBytes + 2 * tiles + 2 * r.int(0, 5);
  const y = arena.room(planes * planeBytes, 2);
  const beyond = arena.room(2 * tiles, 2);
  const writes: [number, number][] = [[y, planes * planeBytes]];
  if (rows % 2) writes.push([beyond, 2 * tiles]);
  const range = h.randomRange(r);
  const sizes = [planes, rows, pixels, x, 8 * bandPixels, 8 * step];
  const args = [...sizes, list, y, planeBytes, rowBytes, beyond, ...range];
  const end = arena.call(t, 'qs8_dwconv', args, writes);
  const what = `${planes} planes, ${rows} rows of ${pixels} pixels, ${gap} apart, ${count} entries`;
  if (end !== list + bytes.length) t.fail(`${what}: program ends at ${list + bytes.length}, got ${end}`);
  programs.forEach((program, plane) => {
    for (let row = 0; row < rows; row++) {
      const want = Array.from({ length: 2 * pixels }, (_, i) =>
        h.requantize(plain(program, bands[plane], step, row, i >> 1, i & 1), program.m[i & 1], ...range),
      );
      const got = arena.i8(y + plane * planeBytes + row * rowBytes, 2 * pixels);
      h.sameIntegers(t, got, want, `${what}, plane ${plane}, row ${row}`);
    }
  });
}

h.kernelTest('qs8_dwconv equals the plain loop', (t, arena, r) => {
  for (const pixels of h.PIXELS) {
    [0, 1, 2, 3, 6, 15, 25].forEach((count, i) =>
      check(t, arena, r, { planes: 1 + (i % 3), rows: 1 + (i % 5), pixels, gap: 8, count }),
    );
  }
});

h.kernelTest('qs8_dwconv overwrites what a tile wrote into the next row', (t, arena, r) => {
  for (const pixels of h.PIXELS) {
    for (const rows of [1, 2, 3, 4, 5, 8]) {
      for (const gap of [0, 1, 3]) check(t, arena, r, { planes: 1, rows, pixels, gap, count: 3 });
    }
  }
});

h.kernelTest('qs8_dwconv of nothing writes nothing', (t, arena, r) => {
  const list = arena.put(programBytes(randomProgram(r, 2)));
  const [x, y] = [arena.room(1024, 4), arena.room(64, 2)];
  const rest = [list, y, 0, 16, y, 0, -128, 127];
  t.equal(arena.call(t, 'qs8_dwconv', [1, 0, 8, x, 0, 0, ...rest], []), list + 20 + 2 * 20);
  t.equal(arena.call(t, 'qs8_dwconv', [0, 3, 8, x, 0, 0, ...rest], []), list);
});

/** A plane of int8 pairs, and a depthwise filter on it. */
interface Depthwise {
  rows: number;
  columns: number;
  /** Taps of a side, rows from output to output, rows and columns of padding on each side. */
  taps: number;
  stride: number;
  pad: number;
}

const at = (
  { rows, columns }: Depthwise,
  x: Int8Array,
  row: number,
  column: number,
  c: number,
  zero: number,
) => (row < 0 || row >= rows || column < 0 || column >= columns ? zero : x[2 * (row * columns + column) + c]);

/** The plain sum of channel c at an output pixel; columns have stride 1. */
function plainSum(
  d: Depthwise,
  x: Int8Array,
  w: number[][],
  zero: number,
  row: number,
  p: number,
  c: number,
): number {
  let sum = 0;
  for (let ky = 0; ky < d.taps; ky++) {
    for (let kx = 0; kx < d.taps; kx++) {
      sum += w[c][ky * d.taps + kx] * at(d, x, row * d.stride + ky - d.pad, p + kx - d.pad, c, zero);
    }
  }
  return sum;
}

/** What two output rows read of each zip: docs/runtime.md, Bands. */
function tapEntries(d: Depthwise, w: number[][], rowPixels: number): Entry[] {
  const weight = (c: number, ky: number, kx: number) => (ky < 0 || ky >= d.taps ? 0 : w[c][ky * d.taps + kx]);
  const zips = Math.ceil((d.stride + d.taps) / 2);
  return Array.from({ length: zips * d.taps }, (_, i) => {
    const [z, kx] = [Math.floor(i / d.taps), i % d.taps];
    const rows = [0, 1].map((row) =>
      [0, 1].flatMap((c) => [0, 1].map((half) => weight(c, 2 * z + half - row * d.stride, kx))),
    );
    return { offset: z * rowPixels + kx, rows };
  });
}

const FILTERS: Depthwise[] = [
  { rows: 5, columns: 7, taps: 3, stride: 1, pad: 1 },
  { rows: 6, columns: 16, taps: 3, stride: 2, pad: 1 },
  { rows: 4, columns: 9, taps: 5, stride: 1, pad: 2 },
  { rows: 7, columns: 33, taps: 5, stride: 3, pad: 2 },
  { rows: 3, columns: 8, taps: 3, stride: 1, pad: 0 },
  { rows: 2, columns: 15, taps: 1, stride: 1, pad: 0 },
];

h.kernelTest('x_band and qs8_dwconv together are a depthwise convolution', (t, arena, r) => {
  for (const d of FILTERS) {
    arena.reset();
    const image = h.randomI8(r, 2 * d.rows * d.columns);
    const zero = r.int(-128, 127);
    const w = [0, 1].map(() => Array.from({ length: d.taps ** 2 }, () => r.int(-127, 127)));
    const rows = Math.floor((d.rows + 2 * d.pad - d.taps) / d.stride) + 1;
    const pixels = d.columns + 2 * d.pad - d.taps + 1;
    const rowPixels = d.columns + 2 * d.pad;
    const zips = (Math.ceil(rows / 2) - 1) * d.stride + Math.ceil((d.stride + d.taps) / 2);
    const m = 0.02 / d.taps;
    const program = { bias: [7, -7], m: [m, m], entries: tapEntries(d, w, rowPixels) };

    const x = arena.put(image);
    const blank = arena.put(new Int8Array(2 * d.columns).fill(zero));
    const band = arena.room(8 * (zips * rowPixels + d.pad) + 64, 8);
    const list = arena.put(programBytes(program));
    const y = arena.room(2 * (rows * pixels + TILE), 2);
    const beyond = arena.room(2 * h.roundUp(pixels, TILE), 2);
    const fill = (zero & 0xffff) * 0x10001;
    const { pad, columns, stride } = d;
    const rowsOf = [zips, columns, pad, pad, 2 * columns, -pad, 2, d.rows, 1, fill, blank];
    arena.k.x_band(3, 1, x, 0, band, 0, ...rowsOf);
    const step = 8 * stride * rowPixels;
    arena.k.qs8_dwconv(1, rows, pixels, band, 0, step, list, y, 0, 2 * pixels, beyond, 3, -128, 127);
    const want = Array.from({ length: 2 * rows * pixels }, (_, i) => {
      const [row, p] = [Math.floor(i / 2 / pixels), (i >> 1) % pixels];
      const sum = program.bias[i & 1] + plainSum(d, image, w, zero, row, p, i & 1);
      return h.requantize(sum, m, 3, -128, 127);
    });
    h.sameIntegers(t, arena.i8(y, 2 * rows * pixels), want, JSON.stringify(d));
  }
});
