import sharp from 'sharp';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readInput } from '../../../src/cli/inputs/index.js';
import { PRESETS, type Preprocessing } from '../../../src/preprocess/index.js';
import { inkOf, inputOf } from '../../../src/server/page/input.js';
import { loadDataset } from '../../../src/train/data/index.js';
import { Batcher } from '../../../src/train/index.js';

t.test('a drawing becomes input by what the file records', async (t) => {
  const ink = Float32Array.of(0, 0.5, 1);
  const usual = inputOf(ink, null);
  t.same([...usual], [...inputOf(ink, PRESETS.unit)]);
  t.ok(usual.every((value, i) => Math.abs(value - ink[i]) < 1e-6));
  t.same([...inputOf(ink, { scale: 2, offset: -5 })], [-5, 250, 505]);
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
  const canvas = { data: new Uint8ClampedArray(rgba), width: 40, height: 30 } as unknown as ImageData;
  const page = inputOf(inkOf(canvas, preprocessing), preprocessing);
  t.ok(page.every((value, i) => Math.abs(value - run[i]) < 1e-5));
});
