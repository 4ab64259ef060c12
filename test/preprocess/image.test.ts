import t from 'tap';
import { imageValues, pictureShape, resize, type Filter, type Picture } from '../../src/preprocess/index.js';

const grey = (width: number, height: number, data: number[]): Picture => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(data),
});
const whole = ({ width, height }: Picture) => ({ left: 0, top: 0, width, height });

t.test('the same size is the same picture, by every filter', async (t) => {
  const picture = grey(3, 2, [0, 50, 255, 9, 80, 200]);
  for (const filter of ['nearest', 'bilinear', 'bicubic', 'lanczos3'] satisfies Filter[])
    t.same([...resize(picture, whole(picture), 2, 3, filter)], [...picture.data], filter);
});

t.test('halving averages with a triangle, by hand', async (t) => {
  const picture = grey(4, 1, [0, 100, 200, 40]);
  // Centres 1 and 3, reach 2: weights 1/4 and 3/4 of the distances 1.5 and 0.5, cut at the border and made to sum to 1.
  const left = (0.75 * 100 + 0.25 * 200) / 1.75;
  const right = (0.25 * 100 + 0.75 * 200 + 0.75 * 40) / 1.75;
  t.same([...resize(picture, whole(picture), 1, 2, 'bilinear')], [Math.round(left), Math.round(right)]);
});

t.test('doubling interpolates between pixel centres', async (t) => {
  const picture = grey(2, 1, [0, 100]);
  t.same([...resize(picture, whole(picture), 1, 4, 'bilinear')], [0, 25, 75, 100]);
  t.same([...resize(picture, whole(picture), 1, 4, 'nearest')], [0, 0, 100, 100]);
});

t.test('a flat picture stays flat at any size', async (t) => {
  const picture = { ...grey(7, 5, []), data: new Uint8Array(35).fill(77) };
  for (const filter of ['bilinear', 'bicubic', 'lanczos3'] satisfies Filter[])
    for (const [h, w] of [
      [3, 3],
      [11, 2],
      [5, 19],
    ])
      t.ok(resize(picture, whole(picture), h, w, filter).every((value) => value === 77));
});

t.test('fit: stretch, crop, pad; the centre share', async (t) => {
  const picture = grey(4, 2, [10, 20, 30, 40, 10, 20, 30, 40]);
  const values = (options: Parameters<typeof imageValues>[2]) => [
    ...imageValues(picture, [2, 2, 1], { filter: 'nearest', ...options }),
  ];
  t.same(values({}), [20, 40, 20, 40]);
  t.same(values({ fit: 'crop' }), [20, 30, 20, 30]);
  t.same(values({ fit: 'crop', crop: 0.5 }), [20, 30, 20, 30].slice(0, 4));
  t.same(values({ fit: 'pad' }), [20, 40, 0, 0]);
  t.same(values({ invert: true }), [235, 215, 235, 215]);
});

t.test('colours: grey to RGB and back, alpha on white, BGR', async (t) => {
  const red: Picture = { width: 1, height: 1, channels: 3, data: Uint8Array.of(200, 100, 50) };
  t.same([...imageValues(red, [1, 1, 3])], [200, 100, 50]);
  t.same([...imageValues(red, [1, 1, 3], { order: 'bgr' })], [50, 100, 200]);
  t.same([...imageValues(red, [1, 1, 1])], [Math.round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)]);
  t.same([...imageValues(grey(1, 1, [9]), [1, 1, 3])], [9, 9, 9]);
  const half: Picture = { width: 1, height: 1, channels: 4, data: Uint8Array.of(0, 0, 255, 51) };
  t.same([...imageValues(half, [1, 1, 3])], [204, 204, 255]);
  t.throws(() => imageValues(red, [1, 1, 2]), /expected an input of 1 or 3 channels, got 2/);
});

t.test('shapes that pictures fit', async (t) => {
  t.same(pictureShape([224, 224, 3]), [224, 224, 3]);
  t.same(pictureShape([784]), [28, 28, 1]);
  t.equal(pictureShape([8, 8, 4]), undefined);
  t.equal(pictureShape([10]), undefined);
});
