import * as h from './helpers.js';

const REACH = 30;

h.kernelTest('qs8_dwconv equals the plain loop', (t, arena, r) => {
  for (const pixels of h.PIXELS) {
    for (const taps of [0, 1, 2, 3, 9, 25]) {
      arena.reset();
      const tiles = h.roundUp(pixels, h.TILE);
      const values = h.randomI8(r, 2 * (tiles + 2 * REACH));
      const offsets = Array.from({ length: taps }, (_, i) =>
        i < 2 ? [REACH, -REACH][i] : r.int(-REACH, REACH),
      );
      const w = offsets.map(() => [r.int(-127, 127), r.int(-127, 127)]);
      const bias = [r.int(-5000, 5000), r.pick([-1, 1]) * (2 ** 31 - 1 - 25 * 127 * 128)];
      const m = [300 / (16000 * Math.max(1, taps)), r.pick([2 ** -10, 2 ** -24])];
      const program = new h.Program()
        .i32(Math.ceil(taps / 2))
        .i32(...bias)
        .f32(...m);
      for (let i = 0; i < taps; i += 2) {
        const [next, nextWeight] = i + 1 < taps ? [offsets[i + 1], w[i + 1]] : [offsets[i], [0, 0]];
        program.i32(2 * offsets[i], 2 * next).i16(w[i][0], nextWeight[0], w[i][1], nextWeight[1]);
      }
      const bytes = program.done();
      const x = arena.putLast(values) + 2 * REACH;
      const list = arena.put(bytes);
      const y = arena.room(2 * tiles, 2);
      const range = h.randomRange(r);
      const end = arena.call(t, 'qs8_dwconv', [pixels, x, list, y, ...range], [[y, 2 * tiles]]);
      t.equal(end, list + bytes.length);
      const want = Array.from({ length: 2 * pixels }, (_, i) => {
        const acc = offsets.reduce(
          (sum, o, tap) => sum + w[tap][i & 1] * values[2 * (REACH + o) + i],
          bias[i & 1],
        );
        return h.requantize(acc, m[i & 1], ...range);
      });
      h.sameIntegers(t, arena.i8(y, 2 * pixels), want, `${pixels} pixels, ${taps} taps`);
    }
  }
});
