import type { Test } from 'tap';
import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

/** How far, in pixels, an offset reaches before and after the output pixel. */
const REACH = 24;

/** One output channel: its list, and how its sum is requantized. */
interface Channel {
  bias: number;
  m: number;
  entries: { offset: number; w: [number, number] }[];
}

/** The plain loop: the channel at output pixel p, of a band whose pixel 0 stands at index 2 * REACH. */
function plain(
  { bias, m, entries }: Channel,
  x: Int16Array,
  p: number,
  range: [number, number, number],
): number {
  let acc = bias;
  for (const { offset, w } of entries) {
    const at = 2 * (REACH + p + offset);
    acc += w[0] * x[at] + w[1] * x[at + 1];
  }
  return h.requantize(acc, m, ...range);
}

/** How a channel's sums meet the scale: spread over int8 and a bit more, on ties, saturating, or of an extreme bias. */
function randomChannel(r: Random, offsets: number[]): Channel {
  const kind = r.pick(['spread', 'spread', 'ties', 'saturating', 'bias'] as const);
  const most = kind === 'ties' ? 2 : 127;
  const entries = offsets.map((offset) => ({
    offset,
    w: [r.int(-most, most), r.int(-most, most)] as [number, number],
  }));
  const bound = entries.reduce((sum, { w }) => sum + 128 * (Math.abs(w[0]) + Math.abs(w[1])), 0);
  if (kind === 'ties') return { entries, bias: r.int(-100, 100), m: r.pick([0.5, 0.25]) };
  if (kind === 'bias') return { entries, bias: r.pick([-1, 1]) * (2 ** 31 - 1 - bound), m: 2 ** -10 };
  const bias = r.int(-1000, 1000);
  return { entries, bias, m: (kind === 'spread' ? 400 : 2 ** 21) / (bound + 1000) };
}

/** Offsets that reach both ends of the band. */
function randomOffsets(r: Random, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? REACH : i === 1 ? -REACH : r.int(-REACH, REACH)));
}

/** Channels of each program: `lists` lists for two channels, or one for all. */
function randomChannels(r: Random, outputs: number, lists: number, count: number): Channel[] {
  const counts = lists === 2 ? [count, r.pick(h.COUNTS)] : [count];
  const channels = counts.flatMap((n) => {
    const offsets = randomOffsets(r, n);
    return Array.from({ length: outputs / lists }, () => randomChannel(r, offsets));
  });
  return r.next() < 0.5 ? channels : channels.reverse();
}

function writeProgram(program: h.Program, channels: Channel[], lists: number): void {
  const each = channels.length / lists;
  const firsts = channels.filter((_, i) => i % each === 0);
  program
    .i32(...firsts.map((c) => c.entries.length))
    .i32(...channels.map((c) => c.bias))
    .f32(...channels.map((c) => c.m));
  firsts.forEach((first, list) => {
    const sharing = channels.slice(list * each, (list + 1) * each);
    first.entries.forEach(({ offset }, i) =>
      program.i32(4 * offset).i16(...sharing.flatMap((c) => c.entries[i].w)),
    );
  });
}

interface Shape {
  kernel: string;
  /** Channels of a program, and the lists they have together. */
  outputs: number;
  lists: number;
  /** Pixels of a tile. */
  tile: number;
}

const SHAPES: Shape[] = [
  { kernel: 'qs8_spmm_1x2', outputs: 2, lists: 2, tile: 16 },
  { kernel: 'qs8_spmm_2x2', outputs: 2, lists: 1, tile: 16 },
  { kernel: 'qs8_spmm_4x2', outputs: 4, lists: 1, tile: 8 },
];

/** Runs `times` programs of one kernel on a band at the very end of memory, and compares each plane with the plain loop. */
function check(
  t: Test,
  arena: h.Arena,
  r: Random,
  shape: Shape,
  pixels: number,
  programs: Channel[][],
): void {
  arena.reset();
  const { kernel, outputs, lists, tile } = shape;
  const program = new h.Program();
  for (const channels of programs) writeProgram(program, channels, lists);
  const bytes = program.done();
  const tiles = h.roundUp(pixels, tile);
  const band = Int16Array.from(h.randomI8(r, 2 * (tiles + 2 * REACH)));
  const x = arena.putLast(band) + 4 * REACH;
  const w = arena.put(bytes);
  const planes = (programs.length * outputs) / 2;
  const plane = 2 * (tiles + r.int(0, 5));
  const y = arena.room(planes * plane, 2);
  const range = h.randomRange(r);
  const writes = Array.from({ length: planes }, (_, p): [number, number] => [y + p * plane, 2 * tiles]);
  const end = arena.call(t, kernel, [programs.length, pixels, x, w, y, plane, ...range], writes);
  const what = `${kernel}, ${pixels} pixels, ${programs.map(([c]) => c.entries.length)} entries`;
  if (end !== w + bytes.length) t.fail(`${what}: program ends at ${w + bytes.length}, got ${end}`);
  const channels = programs.flat();
  for (let p = 0; p < planes; p++) {
    const want = Array.from({ length: 2 * pixels }, (_, i) =>
      plain(channels[2 * p + (i & 1)], band, i >> 1, range),
    );
    h.sameIntegers(t, arena.i8(y + p * plane, 2 * pixels), want, `${what}, plane ${p}`);
  }
}

for (const shape of SHAPES) {
  h.kernelTest(`${shape.kernel} equals the plain loop`, (t, arena, r) => {
    for (const pixels of h.PIXELS) {
      h.COUNTS.forEach((count, i) => {
        const counts = Array.from({ length: 1 + (i % 5) }, (_, p) => (p ? r.pick(h.COUNTS) : count));
        const programs = counts.map((n) => randomChannels(r, shape.outputs, shape.lists, n));
        check(t, arena, r, shape, pixels, programs);
      });
    }
  });
}

h.kernelTest('no program, no write', (t, arena, r) => {
  for (const { kernel } of SHAPES) {
    arena.reset();
    const [x, w, y] = [arena.room(1024, 4), arena.room(64, 1), arena.room(64, 2)];
    t.equal(arena.call(t, kernel, [0, 16, x, w, y, 64, ...h.randomRange(r)], []), w);
  }
});

h.kernelTest('planes that overlap by what a tile writes too much are whole in the end', (t, arena, r) => {
  for (const { kernel, outputs, lists } of SHAPES.slice(0, 2)) {
    for (const pixels of [1, 7, 9, 17]) {
      arena.reset();
      const programs = [3, 1, 2].map((n) => randomChannels(r, outputs, lists, n));
      const program = new h.Program();
      for (const channels of programs) writeProgram(program, channels, lists);
      const tiles = h.roundUp(pixels, 16);
      const band = Int16Array.from(h.randomI8(r, 2 * (tiles + 2 * REACH)));
      const x = arena.putLast(band) + 4 * REACH;
      const w = arena.put(program.done());
      const plane = 2 * pixels;
      const written = 2 * plane + 2 * tiles;
      const y = arena.room(written, 2);
      const range = h.randomRange(r);
      arena.call(t, kernel, [3, pixels, x, w, y, plane, ...range], [[y, written]]);
      const channels = programs.flat();
      const want = Array.from({ length: 3 * plane }, (_, i) => {
        return plain(channels[2 * Math.floor(i / plane) + (i & 1)], band, (i % plane) >> 1, range);
      });
      h.sameIntegers(t, arena.i8(y, 3 * plane), want, `${kernel}, ${pixels} pixels, tight planes`);
    }
  }
});
