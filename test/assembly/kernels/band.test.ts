import type { Test } from 'tap';
import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

/** How a band holds pixels: `Pixels` of assembly/kernels/band.ts, and bytes of a pixel in the plane and in the band. */
const KINDS = {
  PAIRS: { pixels: 0, from: 2, to: 2 },
  FLOATS: { pixels: 1, from: 4, to: 4 },
  WIDE: { pixels: 2, from: 2, to: 4 },
  ZIPPED: { pixels: 3, from: 2, to: 8 },
} as const;
type Kind = keyof typeof KINDS;

/** Bytes that x_band may read past a row's last pixel, and write past a row. */
const READ_PAST = 32;
const WRITE_PAST = 64;

/** One call: `n` rows of `left` + `count` + `right` pixels, of rows `row`, `row` + `rowStep`, ... of a plane of `rows`. */
interface Rows {
  n: number;
  count: number;
  left: number;
  right: number;
  row: number;
  rowStep: number;
  rows: number;
  step: number;
}

/** A plane whose last row ends with the last pixel that is wanted of it. */
interface Plane {
  values: Uint8Array;
  rowBytes: number;
}

function randomPlane(r: Random, kind: Kind, { count, rows, step }: Rows): Plane {
  const { from } = KINDS[kind];
  const used = count ? ((count - 1) * step + 1) * from : 0;
  const rowBytes = used + from * r.int(0, 6);
  return { values: new Uint8Array(h.randomI8(r, (rows - 1) * rowBytes + used).buffer), rowBytes };
}

/** A byte sign-extended to an i16's two. */
const wide = (byte: number): number[] => [byte, byte > 127 ? 0xff : 0];

/** The bytes that stand in the band for one pixel of `row`; fill outside. */
function pixel(kind: Kind, call: Rows, plane: Plane, fill: Uint8Array, row: number, p: number): number[] {
  const { from, to } = KINDS[kind];
  const inside = (i: number) => i >= 0 && i < call.rows;
  const filled = () => Array.from({ length: to }, (_, i) => fill[i % 4]);
  const bytes = (i: number) => {
    const at = i * plane.rowBytes + p * call.step * from;
    return Array.from(plane.values.subarray(at, at + from));
  };
  if (p < 0 || p >= call.count) return filled();
  if (kind === 'ZIPPED') {
    const [a, b] = [row, row + 1].map((i) => (inside(i) ? bytes(i) : [fill[0], fill[0]]));
    return [...wide(a[0]), ...wide(b[0]), ...wide(a[1]), ...wide(b[1])];
  }
  if (!inside(row)) return filled();
  return kind === 'WIDE' ? bytes(row).flatMap(wide) : bytes(row);
}

/** The plain loop: all rows, one after the other. */
function plain(kind: Kind, call: Rows, plane: Plane, fill: Uint8Array): number[] {
  return Array.from({ length: call.n }, (_, i) =>
    Array.from({ length: call.left + call.count + call.right }, (_, p) =>
      pixel(kind, call, plane, fill, call.row + i * call.rowStep, p - call.left),
    ),
  ).flat(2);
}

/** A zero point widened, in both halves; two bytes in both halves for pairs; any f32. */
function randomFill(r: Random, kind: Kind): number {
  if (kind === 'FLOATS') return r.pick([0, 0xff800000 | 0, 0x3f8ccccd]);
  if (kind === 'PAIRS') return r.pick([0x80808080 | 0, 0x05050505, 0x12341234]);
  return Math.imul(r.pick([-128, -1, 0, 5, 127]) & 0xffff, 0x10001);
}

/** The plane lies at the very end of memory, but for the bytes that may be read past a row. */
function check(t: Test, arena: h.Arena, r: Random, kind: Kind, call: Rows): void {
  arena.reset();
  const { pixels, from, to } = KINDS[kind];
  const plane = randomPlane(r, kind, call);
  const fill = randomFill(r, kind);
  const bytes = new Uint8Array(Int32Array.of(fill).buffer);
  const x = arena.putLast(Uint8Array.from([...plane.values, ...new Uint8Array(READ_PAST)]));
  const wanted = Math.max(0, (call.count - 1) * call.step + 1);
  const blank = arena.put(new Int8Array(wanted * from).fill(fill));
  const size = call.n * (call.left + call.count + call.right) * to;
  const y = arena.room(size + WRITE_PAST, to);
  const { n, count, left, right, row, rowStep, rows, step } = call;
  const args = [pixels, n, count, left, right, x, plane.rowBytes, row, rowStep, rows, step, y, fill, blank];
  arena.call(t, 'x_band', args, [[y, size + WRITE_PAST]]);
  const want = plain(kind, call, plane, bytes);
  h.sameIntegers(t, new Uint8Array(arena.i8(y, size).buffer), want, `${kind} ${JSON.stringify(call)}`);
}

const COUNTS = [0, ...h.PIXELS.filter((n) => n < 48)];
const MARGINS = [
  [0, 0],
  [1, 1],
  [0, 1],
  [2, 0],
  [5, 9],
  [17, 3],
];

for (const kind of Object.keys(KINDS) as Kind[]) {
  h.kernelTest(`x_band, ${kind}: rows of all lengths, steps and margins`, (t, arena, r) => {
    for (const step of [1, 2, 3, 5]) {
      for (const count of COUNTS) {
        for (const [left, right] of MARGINS) {
          const [n, rows] = [r.int(1, 5), r.int(1, 4)];
          const [row, rowStep] = [r.int(-2, 2), r.int(1, 3)];
          check(t, arena, r, kind, { n, count, left, right, row, rowStep, rows, step });
        }
      }
    }
  });

  h.kernelTest(`x_band, ${kind}: rows outside the image`, (t, arena, r) => {
    for (const row of [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4]) {
      for (const rowStep of [1, 2, 3]) {
        for (const n of [0, 1, 2, 6]) {
          const count = r.pick(COUNTS);
          const [left, right] = r.pick(MARGINS);
          check(t, arena, r, kind, { n, count, left, right, row, rowStep, rows: 3, step: r.pick([1, 2, 3]) });
        }
      }
    }
  });
}
