/** Data sets that were cut short: commands say which file, what they expected and what they got. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { gzipSync } from 'node:zlib';
import { lopper, writeData, writeModel } from '../cli/cli.js';
import { SLOW } from './places.js';

const home = t.testdir();
const whole = join(home, 'quadrants');
writeData(whole, 32, 16);
const model = writeModel(join(home, 'model'));
const recipe = join(home, 'recipe.json');
writeFileSync(recipe, '{"quantize": {}}');

/** Compresses on a set and expects one error; nothing is written. */
async function refused(t: Test, data: string, message: RegExp): Promise<void> {
  const out = join(home, 'small.lop');
  const { code, stderr } = await lopper('compress', model, '--recipe', recipe, '--data', data, '-o', out);
  t.equal(code, 1, stderr);
  t.match(stderr, message);
  t.notMatch(stderr, /^ {4}at /m, 'no stack');
  t.throws(() => readFileSync(out), { code: 'ENOENT' });
}

/** A copy of the idx set in which one file is another, or gone. */
function harmed(name: string, file: string, change?: (bytes: Buffer) => Buffer): string {
  const folder = join(home, name);
  cpSync(whole, folder, { recursive: true });
  const path = join(folder, file);
  if (change) writeFileSync(path, change(readFileSync(path)));
  else rmSync(path);
  return folder;
}

t.test('idx', SLOW, async (t) => {
  const images = 'train-images-idx3-ubyte';
  const cut = harmed('cut', images, (bytes) => bytes.subarray(0, -1));
  await refused(t, cut, /train-images-idx3-ubyte: expected 2064 bytes for shape \[32,8,8\], got 2063/);
  const head = harmed('head', images, (bytes) => bytes.subarray(0, 9));
  await refused(t, head, /train-images-idx3-ubyte: expected 16 bytes of header, got 9/);
  await refused(t, harmed('none', 't10k-labels-idx1-ubyte'), /expected a t10k-labels-idx1-ubyte beside/);
  const few = harmed('few', 'train-labels-idx1-ubyte', (bytes) => {
    bytes.writeUInt32BE(31, 4);
    return bytes.subarray(0, -1);
  });
  await refused(t, few, /train-labels-idx1-ubyte: expected 32 labels, got shape \[31\]/);
});

t.test('gzip', SLOW, async (t) => {
  const zipped = harmed('zipped', 'train-images-idx3-ubyte');
  const bytes = gzipSync(readFileSync(join(whole, 'train-images-idx3-ubyte')));
  writeFileSync(join(zipped, 'train-images-idx3-ubyte.gz'), bytes.subarray(0, -20));
  await refused(
    t,
    zipped,
    /train-images-idx3-ubyte\.gz: expected a complete gzip file, got a short or corrupt one/,
  );
});

t.test('CIFAR records', SLOW, async (t) => {
  const folder = join(home, 'records');
  mkdirSync(folder);
  writeFileSync(join(folder, 'data_batch_1.bin'), Buffer.alloc(2 * 3073 - 5));
  await refused(t, folder, /data_batch_1\.bin: expected a whole number of records of 3073 bytes, got 6141/);
});

t.test('NumPy arrays', SLOW, async (t) => {
  const folder = join(home, 'arrays');
  mkdirSync(folder);
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (16, 8, 8, 1), }".padEnd(117) + '\n';
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  writeFileSync(join(folder, 'x_test.npy'), Buffer.concat([start, Buffer.from(header), Buffer.alloc(1000)]));
  await refused(t, folder, /arrays: x_test: expected 1152 bytes for shape \[16, 8, 8, 1\], got 1128/);
});

t.test('pictures', SLOW, async (t) => {
  const folder = join(home, 'pictures');
  for (let i = 0; i < 8; i++) {
    const place = join(folder, `class ${i % 4}`);
    mkdirSync(place, { recursive: true });
    const pixels = Buffer.from(Array.from({ length: 3 * 64 * 64 }, (_, at) => (at * 7919 * (i + 1)) % 256));
    const png = await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    writeFileSync(join(place, `${i}.png`), i === 7 ? png.subarray(0, png.length / 2) : png);
  }
  await refused(t, folder, /7\.png: expected/);
});
