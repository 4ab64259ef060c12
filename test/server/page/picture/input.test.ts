import sharp from 'sharp';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readInput } from '../../../../src/cli/inputs/index.js';
import { PRESETS, type Preprocessing } from '../../../../src/preprocess/index.js';
import { inputOf, see } from '../../../../src/server/page/picture/input.js';
import { loadDataset } from '../../../../src/train/data/index.js';
import { Batcher } from '../../../../src/train/index.js';

const canvas = (data: ArrayLike<number>, width: number, height: number): ImageData =>
  ({ data: Uint8ClampedArray.from(data), width, height }) as unknown as ImageData;

t.test('pixels become input by what the file records', async (t) => {
  const pixels = Float32Array.of(0, 127.5, 255);
  const usual = inputOf(pixels, 1, null);
  t.same([...usual], [...inputOf(pixels, 1, PRESETS.unit)]);
  t.ok(usual.every((value, i) => Math.abs(value - pixels[i] / 255) < 1e-6));
  t.same([...inputOf(pixels, 1, { scale: 2, offset: -5 })], [-5, 250, 505]);
  t.same([...inputOf([1, 2, 3], 3, { scale: [1, 2, 3], offset: 0 })], [1, 4, 9]);
});

t.test('one JPEG: the same numbers in run and eval, and on the page from the same pixels', async (t) => {
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 37 + (i >> 5) * 11) % 256);
  const jpeg = await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .blur(2)
    .jpeg()
    .toBuffer();
  const folder = t.testdir();
  const path = join(folder, 'x.jpg');
  writeFileSync(path, jpeg);
  const preprocessing: Preprocessing = { scale: 0.02, offset: -1, image: { fit: 'crop', invert: true } };
  const shape = [28, 28, 1];
  const run = await readInput(path, { shape, preprocessing, invert: false });
  const data = await loadDataset(folder, { split: 'test', inputShape: shape, preprocessing });
  const { x } = await new Batcher(data.test, { batch: 1, preprocessing, inputShape: data.inputShape }).at(0);
  t.same(run, x, 'run and eval');
  const { data: rgba } = await sharp(jpeg).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { input } = see({ pixels: canvas(rgba, 40, 30) }, { inputShape: shape, preprocessing });
  t.ok(input.every((value, i) => Math.abs(value - run[i]) < 1e-5));
});

t.test('colour networks see pictures and drawings alike', async (t) => {
  const ink = { values: Float32Array.from({ length: 16 }, (_, i) => Number(i === 5)), width: 4, height: 4 };
  const network = { inputShape: [4, 4, 3], preprocessing: PRESETS.none };
  const { input, shape } = see({ ink }, network);
  t.same(shape, [4, 4, 3]);
  t.same([...input.subarray(15, 18)], [255, 255, 255], 'white ink');
  t.equal(
    input.reduce((sum, value) => sum + value, 0),
    3 * 255,
    'on black',
  );
});

t.test('channels first: the same pixels, in the order that the file asks for', async (t) => {
  const rgba = Array.from({ length: 2 * 2 }, (_, i) => [i, 10 + i, 20 + i, 255]).flat();
  const pixels = canvas(rgba, 2, 2);
  const { input } = see(
    { pixels },
    { inputShape: [3, 2, 2], preprocessing: { ...PRESETS.none, layout: 'chw' } },
  );
  t.same([...input], [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
});

t.test(
  'a picture of the size of digits is taken as it is; a larger one is looked at for its ink',
  async (t) => {
    const network = { inputShape: [784], preprocessing: null };
    const exact = Array.from({ length: 784 }, (_, i) => [i % 256, i % 256, i % 256, 255]).flat();
    const seen = see({ pixels: canvas(exact, 28, 28) }, network);
    t.same(
      [...seen.stored],
      Array.from({ length: 784 }, (_, i) => i % 256),
    );

    const bar = (paper: number, pen: number) =>
      canvas(
        Array.from({ length: 60 * 60 }, (_, i) => {
          const [x, y] = [i % 60, Math.floor(i / 60)];
          const value = x >= 10 && x < 16 && y >= 8 && y < 48 ? pen : paper;
          return [value, value, value, 255];
        }).flat(),
        60,
        60,
      );
    const dark = see({ pixels: bar(220, 30) }, network).input;
    const light = see({ pixels: bar(30, 220) }, network).input;
    t.same(dark, light, 'dark on light is light on dark');
    t.ok(Math.abs(dark[14 * 28 + 14] - 1) < 1e-5 && dark[0] === 0, 'in the middle, white on black');
  },
);

t.test('a network that takes no pictures says so', async (t) => {
  const ink = { values: new Float32Array(4), width: 2, height: 2 };
  t.throws(
    () => see({ ink }, { inputShape: [49, 10, 2], preprocessing: null }),
    /takes no pictures.*\[49,10,2\]/,
  );
});
