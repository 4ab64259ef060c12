import type { Test } from 'tap';
import type { Random } from '../../helpers/random.js';
import * as h from './helpers.js';

/** How far, in pixels, an offset reaches before and after the output pixel. */
const REACH = 24;

/** A kernel, and how its programs look. */
interface Shape {
  kernel: string;
  /** Channels of a program, and the lists they have together. */
  outputs: number;
  lists: number;
  /** Pixels of a tile, and of the last one. */
  tile: number;
  /** Numbers of a pixel of the band, and how many of them an entry weighs. */
  band: number;
  weights: number;
  /** int8 in 0..127 and int8 weights: the relaxed dot. */
  relaxed?: boolean;
}

const SHAPES: Shape[] = [
  { kernel: 'qs8_spmm_1x2', outputs: 2, lists: 2, tile: 16, band: 2, weights: 2 },
  { kernel: 'qs8_spmm_1x1', outputs: 2, lists: 2, tile: 16, band: 1, weights: 2 },
  { kernel: 'qs8_spmm_2x2', outputs: 2, lists: 1, tile: 8, band: 2, weights: 2 },
  { kernel: 'qs8_spmm_4x2', outputs: 4, lists: 1, tile: 8, band: 2, weights: 2 },
  { kernel: 'qs8_spmm_2x4', outputs: 2, lists: 1, tile: 16, band: 4, weights: 4, relaxed: true },
];

/** One output channel: its list, and how its sum is requantized. `at`: pixels from the output's of each offset of the entry. */
interface Channel {
  bias: number;
  m: number;
  entries: { at: number[]; w: number[] }[];
}

/** The plain loop: the channel at output pixel p, of a band whose pixel 0 stands at index `band` * REACH. */
function plain(
  { band }: Shape,
  { bias, m, entries }: Channel,
  x: ArrayLike<number>,
  p: number,
  range: [number, number, number],
): number {
  let acc = bias;
  for (const { at, w } of entries) {
    w.forEach((weight, i) => {
      const first = band * (REACH + p + at[at.length > 1 ? i : 0]);
      acc += weight * x[first + (at.length > 1 ? 0 : i)];
    });
  }
  return h.requantize(acc, m, ...range);
}

/** How a channel's sums meet the scale: spread over int8 and a bit more, on ties, saturating, or of an extreme bias. */
function randomChannel(r: Random, { weights }: Shape, offsets: number[][]): Channel {
  const kind = r.pick(['spread', 'spread', 'ties', 'saturating', 'bias'] as const);
  const most = kind === 'ties' ? 2 : 127;
  const entries = offsets.map((at) => ({ at, w: Array.from({ length: weights }, () => r.int(-most, most)) }));
  const bound = entries.reduce((sum, { w }) => sum + 128 * w.reduce((all, v) => all + Math.abs(v), 0), 0);
  if (kind === 'ties') return { entries, bias: r.int(-100, 100), m: r.pick([0.5, 0.25]) };
  if (kind === 'bias') return { entries, bias: r.pick([-1, 1]) * (2 ** 31 - 1 - bound), m: 2 ** -10 };
  const bias = r.int(-1000, 1000);
  return { entries, bias, m: (kind === 'spread' ? 400 : 2 ** 21) / (bound + 1000) };
}

/** Offsets that reach both ends of the band; two an entry where it joins channels. */
function randomOffsets(r: Random, { band }: Shape, count: number): number[][] {
  const ends = [REACH, -REACH];
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: band === 1 ? 2 : 1 }, (_, j) => ends[i ^ j] ?? r.int(-REACH, REACH)),
  );
}

/** Channels of each program: `lists` lists for two channels, or one for all. */
function randomChannels(r: Random, shape: Shape, count: number): Channel[] {
  const counts = shape.lists === 2 ? [count, r.pick(h.COUNTS)] : [count];
  const channels = counts.flatMap((n) => {
    const offsets = randomOffsets(r, shape, n);
    return Array.from({ length: shape.outputs / shape.lists }, () => randomChannel(r, shape, offsets));
  });
  return r.next() < 0.5 ? channels : channels.reverse();
}

/** Bytes of a pixel in the band. */
const pixelBytes = ({ band, relaxed }: Shape): number => (relaxed ? band : 2 * band);

function writeProgram(program: h.Program, shape: Shape, channels: Channel[]): void {
  const each = channels.length / shape.lists;
  const firsts = channels.filter((_, i) => i % each === 0);
  program
    .i32(...firsts.map((c) => c.entries.length))
    .i32(...channels.map((c) => c.bias))
    .f32(...channels.map((c) => c.m));
  firsts.forEach((first, list) => {
    const sharing = channels.slice(list * each, (list + 1) * each);
    first.entries.forEach(({ at }, i) => {
      program.i32(...at.map((offset) => pixelBytes(shape) * offset));
      const weights = sharing.flatMap((c) => c.entries[i].w);
      if (shape.relaxed) program.i8(...weights);
      else program.i16(...weights);
    });
  });
}

function randomBand(r: Random, { band, relaxed }: Shape, pixels: number): Int8Array | Int16Array {
  const values = h.randomI8(r, band * (pixels + 2 * REACH));
  return relaxed ? values.map((v) => v & 127) : Int16Array.from(values);
}

/** Runs programs of one kernel on a band at the very end of memory, and compares each plane with the plain loop. */
function check(
  t: Test,
  arena: h.Arena,
  r: Random,
  shape: Shape,
  pixels: number,
  programs: Channel[][],
): void {
  arena.reset();
  const { kernel, outputs, tile } = shape;
  const program = new h.Program();
  for (const channels of programs) writeProgram(program, shape, channels);
  const bytes = program.done();
  const tiles = h.roundUp(pixels, tile);
  const band = randomBand(r, shape, tiles);
  const x = arena.putLast(band) + pixelBytes(shape) * REACH;
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
      plain(shape, channels[2 * p + (i & 1)], band, i >> 1, range),
    );
    h.sameIntegers(t, arena.i8(y + p * plane, 2 * pixels), want, `${what}, plane ${p}`);
  }
}

/** V8's baseline compiler up to 11.8 spoils sums, which is why the runtime asks `dots_are_right` before it takes relaxed dots. */
const trusted = ({ relaxed }: Shape): boolean => !relaxed || h.dotsAreRight();

for (const shape of SHAPES) {
  const builds = shape.relaxed ? h.relaxedTest : h.kernelTest;
  builds(`${shape.kernel} equals the plain loop`, (t, arena, r) => {
    if (!trusted(shape)) {
      t.pass('not on this compiler: dots_are_right says so');
      return;
    }
    for (const pixels of h.PIXELS) {
      h.COUNTS.forEach((count, i) => {
        const counts = Array.from({ length: 1 + (i % 5) }, (_, p) => (p ? r.pick(h.COUNTS) : count));
        const programs = counts.map((n) => randomChannels(r, shape, n));
        check(t, arena, r, shape, pixels, programs);
      });
    }
  });
}

h.kernelTest('no program, no write', (t, arena, r) => {
  for (const { kernel, relaxed } of SHAPES) {
    if (relaxed) continue;
    arena.reset();
    const [x, w, y] = [arena.room(1024, 4), arena.room(64, 1), arena.room(64, 2)];
    t.equal(arena.call(t, kernel, [0, 16, x, w, y, 64, ...h.randomRange(r)], []), w);
  }
});

h.kernelTest('planes that overlap by what a tile writes too much are whole in the end', (t, arena, r) => {
  for (const shape of SHAPES) {
    const { kernel, outputs, tile } = shape;
    if (outputs !== 2 || shape.relaxed) continue;
    for (const pixels of [1, 7, 9, 17]) {
      arena.reset();
      const programs = [3, 1, 2].map((n) => randomChannels(r, shape, n));
      const program = new h.Program();
      for (const channels of programs) writeProgram(program, shape, channels);
      const tiles = h.roundUp(pixels, tile);
      const band = randomBand(r, shape, tiles);
      const x = arena.putLast(band) + pixelBytes(shape) * REACH;
      const w = arena.put(program.done());
      const plane = 2 * pixels;
      const written = 2 * plane + 2 * tiles;
      const y = arena.room(written, 2);
      const range = h.randomRange(r);
      arena.call(t, kernel, [3, pixels, x, w, y, plane, ...range], [[y, written]]);
      const channels = programs.flat();
      const want = Array.from({ length: 3 * plane }, (_, i) => {
        return plain(shape, channels[2 * Math.floor(i / plane) + (i & 1)], band, (i % plane) >> 1, range);
      });
      h.sameIntegers(t, arena.i8(y, 3 * plane), want, `${kernel}, ${pixels} pixels, tight planes`);
    }
  }
});
