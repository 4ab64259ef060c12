import type { Test } from 'tap';
import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

/** How a band holds pixels: `Pixels` of assembly/kernels/band.ts, and bytes of a pixel in the plane and in the band. */
const KINDS = {
  PAIRS: { pixels: 0, from: 2, to: 2 },
  FLOATS: { pixels: 1, from: 4, to: 4 },
  WIDE: { pixels: 2, from: 2, to: 4 },
  ZIPPED: { pixels: 3, from: 2, to: 8 },
  QUADS: { pixels: 4, from: 2, to: 4 },
  SINGLE: { pixels: 5, from: 2, to: 2 },
} as const;
type Kind = keyof typeof KINDS;

/** Bytes that x_band may read past a row's last pixel, and write past a row. */
const READ_PAST = 32;
const WRITE_PAST = 64;

/** One call: `n` rows of `left` + `count` + `right` pixels, of rows `row`, `row` + `rowStep`, ... of each of `planes` planes of `rows`. */
interface Rows {
  planes: number;
  n: number;
  count: number;
  left: number;
  right: number;
  row: number;
  rowStep: number;
  rows: number;
  step: number;
}

/** Planes whose last row ends with the last pixel that is wanted of it. */
interface Source {
  values: Uint8Array;
  rowBytes: number;
  planeBytes: number;
  /** Planes behind a plane at which its second one lies: QUADS. */
  second: number;
}

/** How many planes of the source a call of these planes of the band reads. */
const sourcePlanes = (kind: Kind, planes: number): number =>
  kind === 'QUADS' ? 2 * planes : kind === 'SINGLE' ? (planes + 1) >> 1 : planes;

function randomSource(r: Random, kind: Kind, { planes, count, rows, step }: Rows): Source {
  const { from } = KINDS[kind];
  const used = count ? ((count - 1) * step + 1) * from : 0;
  const rowBytes = used + from * r.int(0, 6);
  const planeBytes = (rows - 1) * rowBytes + used + from * r.int(0, 3);
  const bytes = Math.max(1, sourcePlanes(kind, planes)) * planeBytes;
  return { values: new Uint8Array(h.randomI8(r, bytes).buffer), rowBytes, planeBytes, second: r.int(0, 1) };
}

/** A byte sign-extended to an i16's two. */
const wide = (byte: number): number[] => [byte, byte > 127 ? 0xff : 0];

/** The bytes that stand in the band for one pixel of `row` of plane `plane`; fill outside. */
function pixel(
  kind: Kind,
  call: Rows,
  source: Source,
  fill: Uint8Array,
  plane: number,
  row: number,
  p: number,
): number[] {
  const { from, to } = KINDS[kind];
  const inside = (i: number) => i >= 0 && i < call.rows;
  const filled = () => Array.from({ length: to }, (_, i) => fill[i % 4]);
  const bytes = (i: number, of: number) => {
    const at = of * source.planeBytes + i * source.rowBytes + p * call.step * from;
    return Array.from(source.values.subarray(at, at + from));
  };
  if (p < 0 || p >= call.count) return filled();
  if (kind === 'ZIPPED') {
    const [a, b] = [row, row + 1].map((i) => (inside(i) ? bytes(i, plane) : [fill[0], fill[0]]));
    return [...wide(a[0]), ...wide(b[0]), ...wide(a[1]), ...wide(b[1])];
  }
  if (!inside(row)) return filled();
  if (kind === 'SINGLE') return wide(bytes(row, plane >> 1)[plane & 1]);
  if (kind === 'QUADS') return [...bytes(row, 2 * plane), ...bytes(row, 2 * plane + source.second)];
  return kind === 'WIDE' ? bytes(row, plane).flatMap(wide) : bytes(row, plane);
}

/** The plain loop: all rows of one plane, one after the other, and `left` pixels of fill behind them. */
function plain(kind: Kind, call: Rows, source: Source, fill: Uint8Array, plane: number): number[] {
  const rows = Array.from({ length: call.n }, (_, i) =>
    Array.from({ length: call.left + call.count + call.right }, (_, p) =>
      pixel(kind, call, source, fill, plane, call.row + i * call.rowStep, p - call.left),
    ),
  );
  const end = Array.from({ length: call.left }, () => pixel(kind, call, source, fill, plane, 0, -1));
  return [...rows.flat(2), ...end.flat()];
}

/** A zero point widened, in both halves; one byte in all of a quad; two bytes in both halves for pairs; any f32. */
function randomFill(r: Random, kind: Kind): number {
  if (kind === 'FLOATS') return r.pick([0, 0xff800000 | 0, 0x3f8ccccd]);
  if (kind === 'PAIRS') return r.pick([0x80808080 | 0, 0x05050505, 0x12341234]);
  const zero = r.pick([-128, -1, 0, 5, 127]);
  return kind === 'QUADS' ? Math.imul(zero & 0xff, 0x1010101) : Math.imul(zero & 0xffff, 0x10001);
}

/** The planes lie at the very end of memory, but for the bytes that may be read past a row. */
function check(t: Test, arena: h.Arena, r: Random, kind: Kind, call: Rows): void {
  arena.reset();
  const { pixels, from, to } = KINDS[kind];
  const { planes, n, count, left, right, row, rowStep, rows, step } = call;
  const source = randomSource(r, kind, call);
  const fill = randomFill(r, kind);
  const bytes = new Uint8Array(Int32Array.of(fill).buffer);
  const x = arena.putLast(Uint8Array.from([...source.values, ...new Uint8Array(READ_PAST)]));
  const wanted = Math.max(0, (count - 1) * step + 1);
  const blank = arena.put(new Int8Array(wanted * from).fill(fill));
  const size = (n * (left + count + right) + left) * to;
  const planeBytes = size + to * r.int(0, 3);
  const y = arena.room(planes * planeBytes + WRITE_PAST, to);
  const other = { ZIPPED: blank, QUADS: source.second * source.planeBytes }[kind as string] ?? 0;
  const xPlane = kind === 'QUADS' ? 2 * source.planeBytes : source.planeBytes;
  const of = [n, count, left, right, source.rowBytes, row, rowStep, rows, step, fill, other];
  const writes: [number, number][] = [[y, planes * planeBytes + WRITE_PAST]];
  arena.call(t, 'x_band', [pixels, planes, x, xPlane, y, planeBytes, ...of], writes);
  for (let plane = 0; plane < planes; plane++) {
    const want = plain(kind, call, source, bytes, plane);
    const got = new Uint8Array(arena.i8(y + plane * planeBytes, size).buffer);
    h.sameIntegers(t, got, want, `${kind} ${JSON.stringify(call)}, plane ${plane}`);
  }
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
  const builds = kind === 'QUADS' ? h.relaxedTest : h.kernelTest;
  builds(`x_band, ${kind}: rows of all lengths, steps and margins`, (t, arena, r) => {
    for (const step of [1, 2, 3, 5]) {
      for (const count of COUNTS) {
        for (const [left, right] of MARGINS) {
          const [n, rows, planes] = [r.int(1, 5), r.int(1, 4), r.int(1, 4)];
          const [row, rowStep] = [r.int(-2, 2), r.int(1, 3)];
          check(t, arena, r, kind, { planes, n, count, left, right, row, rowStep, rows, step });
        }
      }
    }
  });

  builds(`x_band, ${kind}: rows outside the image`, (t, arena, r) => {
    for (const row of [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4]) {
      for (const rowStep of [1, 2, 3]) {
        for (const n of [0, 1, 2, 6]) {
          const [count, planes, step] = [r.pick(COUNTS), r.int(0, 3), r.pick([1, 2, 3])];
          const [left, right] = r.pick(MARGINS);
          check(t, arena, r, kind, { planes, n, count, left, right, row, rowStep, rows: 3, step });
        }
      }
    }
  });
}
