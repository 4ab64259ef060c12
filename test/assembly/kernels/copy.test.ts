import * as h from './helpers.js';

const COUNTS = [0, 1, 3, 8, 17];

for (const bytes of [2, 4]) {
  const kernel = `x${8 * bytes}_strided_copy`;
  h.kernelTest(`${kernel} reads and writes exactly its pixels`, (t, arena, r) => {
    for (const count of COUNTS) {
      for (const [from, to] of [1, 2, 3, 50].flatMap((a) => [1, 2, 50].map((b) => [a, b]))) {
        arena.reset();
        const span = (step: number) => (count ? bytes * ((count - 1) * step + 1) : 0);
        const values = h.randomI8(r, span(from));
        const x = arena.putLast(values);
        const y = arena.room(span(to), bytes);
        const writes = Array.from({ length: count }, (_, i): [number, number] => [y + i * to * bytes, bytes]);
        arena.call(t, kernel, [count, x, from, y, to], writes);
        const got = writes.flatMap(([at]) => Array.from(arena.i8(at, bytes)));
        const want = Array.from({ length: bytes * count }, (_, i) => {
          return values[Math.floor(i / bytes) * bytes * from + (i % bytes)];
        });
        h.sameIntegers(t, got, want, `${count} pixels, steps ${from} and ${to}`);
      }
    }
  });
}

const IMAGES = [
  [1, 1, 1],
  [3, 5, 1],
  [2, 37, 1],
  [3, 5, 2],
  [2, 4, 3],
  [3, 37, 3],
  [2, 11, 3],
  [5, 1, 8],
  [1, 1, 33],
];

h.kernelTest('x8_nhwc_to_pairs and back', (t, arena, r) => {
  for (const [rows, columns, channels] of IMAGES) {
    arena.reset();
    const image = h.randomI8(r, rows * columns * channels);
    const rowStride = 2 * (columns + 3);
    const planeStride = rows * rowStride + 10;
    const pairs = Math.ceil(channels / 2);
    const x = arena.putLast(image);
    const y = arena.room(pairs * planeStride, 2);
    const rowsOf = (i: number): [number, number] => {
      return [y + Math.floor(i / rows) * planeStride + (i % rows) * rowStride, 2 * columns];
    };
    const writes = Array.from({ length: pairs * rows }, (_, i) => rowsOf(i));
    arena.call(t, 'x8_nhwc_to_pairs', [rows, columns, channels, x, y, rowStride, planeStride], writes);
    const planes = arena.i8(y, pairs * planeStride);
    const at = (r: number, q: number, c: number) =>
      planes[(c >> 1) * planeStride + r * rowStride + 2 * q + (c & 1)];
    const got = Array.from(image, (_, i) => {
      const pixel = Math.floor(i / channels);
      return at(Math.floor(pixel / columns), pixel % columns, i % channels);
    });
    h.sameIntegers(t, got, image, `${rows}x${columns}x${channels} to pairs`);
    if (channels % 2) t.equal(at(rows - 1, columns - 1, channels), 0, 'the second half of the last pair');

    const back = arena.room(image.length, 1);
    const args = [rows, columns, channels, y, back, rowStride, planeStride];
    arena.call(t, 'x8_pairs_to_nhwc', args, [[back, image.length]]);
    h.sameIntegers(t, arena.i8(back, image.length), image, `${rows}x${columns}x${channels} and back`);
  }
});

h.kernelTest('x32_nhwc_to_planes and back', (t, arena, r) => {
  for (const [rows, columns, channels] of IMAGES) {
    arena.reset();
    const image = h.normals(r, rows * columns * channels);
    const rowStride = 4 * (columns + 3);
    const planeStride = rows * rowStride + 12;
    const x = arena.putLast(image);
    const y = arena.room(channels * planeStride, 4);
    const writes = Array.from({ length: channels * rows }, (_, i): [number, number] => {
      return [y + Math.floor(i / rows) * planeStride + (i % rows) * rowStride, 4 * columns];
    });
    arena.call(t, 'x32_nhwc_to_planes', [rows, columns, channels, x, y, rowStride, planeStride], writes);
    const planes = arena.f32(y, (channels * planeStride) / 4);
    const got = Array.from(image, (_, i) => {
      const pixel = Math.floor(i / channels);
      const row = Math.floor(pixel / columns);
      return planes[((i % channels) * planeStride + row * rowStride) / 4 + (pixel % columns)];
    });
    h.within(t, got, image, () => 0, `${rows}x${columns}x${channels} to planes`);

    const back = arena.room(image.byteLength, 4);
    const args = [rows, columns, channels, y, back, rowStride, planeStride];
    arena.call(t, 'x32_planes_to_nhwc', args, [[back, image.byteLength]]);
    h.within(t, arena.f32(back, image.length), image, () => 0, `${rows}x${columns}x${channels} and back`);
  }
});
