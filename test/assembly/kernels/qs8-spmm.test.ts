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

/** The plain loop: the channel at output pixel p, of `x` whose pixel 0 stands at index 2 * REACH. */
function plain(
  { bias, m, entries }: Channel,
  x: Int8Array,
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

/** Offsets that reach both ends of the plane. */
function randomOffsets(r: Random, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? REACH : i === 1 ? -REACH : r.int(-REACH, REACH)));
}

/** Runs `kernel` on `channels` (two an output plane) and compares each plane with the plain loop. */
function check(
  t: Test,
  arena: h.Arena,
  r: Random,
  kernel: string,
  pixels: number,
  channels: Channel[],
  program: Uint8Array,
): void {
  arena.reset();
  const tiles = h.roundUp(pixels, h.TILE);
  const values = h.randomI8(r, 2 * (tiles + 2 * REACH));
  const x = arena.putLast(values) + 2 * REACH;
  const w = arena.put(program);
  const planes = channels.length / 2;
  const ys = Array.from({ length: planes }, () => arena.room(2 * tiles, 2));
  const range = h.randomRange(r);
  const writes = ys.map((y): [number, number] => [y, 2 * tiles]);
  const end = arena.call(t, kernel, [pixels, x, w, ...ys, ...range], writes);
  if (end !== w + program.length) t.fail(`${kernel}: program ends at ${w + program.length}, got ${end}`);
  ys.forEach((y, plane) => {
    const want = Array.from({ length: 2 * pixels }, (_, i) =>
      plain(channels[2 * plane + (i & 1)], values, i >> 1, range),
    );
    const what = `${kernel}, ${pixels} pixels, ${channels.map((c) => c.entries.length)} entries, plane ${plane}`;
    h.sameIntegers(t, arena.i8(y, 2 * pixels), want, what);
  });
}

h.kernelTest('qs8_spmm_1x2 equals the plain loop', (t, arena, r) => {
  for (const pixels of h.PIXELS) {
    for (const count of h.COUNTS) {
      const channels = [count, r.pick(h.COUNTS)].map((n) => randomChannel(r, randomOffsets(r, n)));
      if (r.next() < 0.5) channels.reverse();
      const program = new h.Program()
        .i32(...channels.map((c) => c.entries.length))
        .i32(...channels.map((c) => c.bias))
        .f32(...channels.map((c) => c.m));
      for (const { entries } of channels)
        for (const { offset, w } of entries) program.i32(2 * offset).i16(...w);
      check(t, arena, r, 'qs8_spmm_1x2', pixels, channels, program.done());
    }
  }
});

for (const outputs of [2, 4]) {
  const kernel = `qs8_spmm_${outputs}x2`;
  h.kernelTest(`${kernel} equals the plain loop`, (t, arena, r) => {
    for (const pixels of h.PIXELS) {
      for (const count of h.COUNTS) {
        const offsets = randomOffsets(r, count);
        const channels = Array.from({ length: outputs }, () => randomChannel(r, offsets));
        const program = new h.Program()
          .i32(count)
          .i32(...channels.map((c) => c.bias))
          .f32(...channels.map((c) => c.m));
        offsets.forEach((offset, i) =>
          program.i32(2 * offset).i16(...channels.flatMap((c) => c.entries[i].w)),
        );
        check(t, arena, r, kernel, pixels, channels, program.done());
      }
    }
  });
}
