import * as h from './helpers.js';

/** Bytes of a unit, and which of its bits make it nonzero. */
const UNITS = [
  { name: 'pairs', unit: 0, bytes: 2, lowest: 0xff },
  { name: 'quads', unit: 1, bytes: 4, lowest: 0xff },
  { name: 'floats', unit: 2, bytes: 4, lowest: 0x7f },
];

for (const { name, unit, bytes, lowest } of UNITS) {
  h.kernelTest(`x_nonzero notes ${name}`, (t, arena, r) => {
    for (const n of [1, 2, 7, 8, 9, 16, 31, 64, 100]) {
      arena.reset();
      // of a float -128 in the last byte is the sign alone, so -0
      const values = new Int8Array(n * bytes).map((_, i) =>
        r.int(0, 3) ? 0 : i % bytes === bytes - 1 ? -128 : 1,
      );
      const x = arena.put(values);
      const y = arena.room(Math.ceil(n / 8), 1);
      arena.call(t, 'x_nonzero', [n, x, y, unit], [[y, Math.ceil(n / 8)]]);
      const want = new Int8Array(Math.ceil(n / 8));
      for (let i = 0; i < n * bytes; i++) {
        const bits = values[i] & (i % bytes === bytes - 1 ? lowest : 0xff);
        if (bits) want[(i / bytes / 8) | 0] |= 1 << (((i / bytes) | 0) % 8);
      }
      h.sameIntegers(t, arena.i8(y, want.length), want, `${n} ${name}`);
    }
  });
}
