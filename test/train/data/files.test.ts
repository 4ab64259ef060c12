/** Sets that are folders of files: arrays, plain values, pictures, sounds. */
import { zipSync } from 'fflate';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { imageValues, mfcc } from '../../../src/preprocess/index.js';
import {
  isInMemory,
  labelsOf,
  loadDataset,
  valuesOf,
  type Dataset,
  type Split,
  type StoredValues,
} from '../../../src/train/data/index.js';
import { parseCsv } from '../../../src/train/data/listing.js';
import { needsShared, SHARED } from '../../helpers/shared.js';
import { npyFile } from './sets.js';

const values = (split: Split): Promise<StoredValues> =>
  isInMemory(split.x)
    ? Promise.resolve(split.x)
    : split.x.read(Uint32Array.from({ length: split.count }, (_, i) => i));

async function refused(t: Test, folder: string, message: RegExp, options = {}): Promise<void> {
  const reading = loadDataset(folder, options).then(({ test }) => values(test));
  await t.rejects(reading, { name: 'DatasetError', message }, String(message));
}

const png = (width: number, height: number, [r, g, b]: number[]): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

t.test('.npy: x_train, y_train, x_test, y_test; dtypes', async (t) => {
  const folder = t.testdir({
    'x_train.npy': npyFile(
      '|u1',
      [3, 2, 2],
      Uint8Array.from({ length: 12 }, (_, i) => i),
    ),
    'y_train.npy': npyFile('<i8', [3, 1], BigInt64Array.of(0n, 2n, 1n)),
    'x_test.npy': npyFile('<f4', [1, 2, 2], Float32Array.of(0.5, -1, 2, 3)),
    'y_test.npy': npyFile('<i4', [1], Int32Array.of(2)),
  });
  const data = await loadDataset(folder);
  t.same([data.train.count, data.test.count, data.inputShape, data.classes], [3, 1, [2, 2, 1], 3]);
  t.same([...labelsOf(data.train)], [0, 2, 1]);
  t.ok(valuesOf(data.train) instanceof Uint8Array);
  t.same([...valuesOf(data.test)], [0.5, -1, 2, 3]);
});

t.test('.npz of x and y alone is one split; no y, no labels', async (t) => {
  const x = npyFile('|i1', [2, 4], Int8Array.of(-1, 2, -3, 4, 5, 6, 7, -128));
  const y = npyFile('|u1', [2], Uint8Array.of(1, 0));
  const folder = t.testdir();
  writeFileSync(join(folder, 'set.npz'), zipSync({ 'x.npy': x, 'y.npy': y }));
  const notes: string[] = [];
  const data = await loadDataset(folder, { split: 'train', onLog: (line) => notes.push(line) });
  t.same([data.train.count, data.test.count, data.inputShape], [2, 0, [4]]);
  t.match(notes[0], /one split only/);
  t.equal(data.preprocessing.scale, 1, 'int8 stays as it is');
  writeFileSync(join(folder, 'set.npz'), zipSync({ 'x.npy': x }));
  const { test } = await loadDataset(join(folder, 'set.npz'), { split: 'test' });
  t.equal(test.y, undefined);
  t.throws(() => labelsOf(test), { name: 'DatasetError', message: /expected labelled samples/ });
});

t.test('broken arrays: one clear error each', async (t) => {
  const x = npyFile('|u1', [2, 2], Uint8Array.of(1, 2, 3, 4));
  const cases: [Record<string, Buffer>, RegExp][] = [
    [{ 'x.npy': x.subarray(0, x.length - 1) }, /x: expected 132 bytes for shape \[2, 2\], got 131/],
    [
      { 'x.npy': npyFile('>f4', [1, 1], new Float32Array(1)) },
      /expected little-endian values, got big-endian/,
    ],
    [{ 'x.npy': npyFile('|u1', [2, 2], new Uint8Array(4), true) }, /expected C order, got Fortran order/],
    [{ 'x.npy': npyFile('<c8', [1], new Float32Array(2)) }, /expected an array of one of b1, u1.*c8/],
    [{ 'x.npy': npyFile('|u1', [0, 2], new Uint8Array(0)) }, /expected samples, got shape \[0,2\]/],
    [
      { 'x.npy': x, 'y.npy': npyFile('|u1', [3], new Uint8Array(3)) },
      /y: expected 2 labels.*got shape \[3\]/,
    ],
    [
      { 'x.npy': x, 'y.npy': npyFile('|i1', [2], Int8Array.of(0, -1)) },
      /whole numbers from 0 on, got -1 of sample 1/,
    ],
    [
      { 'x.npy': x, 'y.npy': npyFile('|u1', [2], Uint8Array.of(0, 5)), 'labels.txt': Buffer.from('a\nb\n') },
      /expected 6 lines.*got 2/,
    ],
    [{ 'set.npz': Buffer.from('PK, but no archive') }, /set\.npz: expected a complete \.npz archive/],
  ];
  for (const [files, message] of cases) {
    const folder = t.testdir();
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    await refused(t, folder, message, { split: 'test' });
  }
});

t.test('plain values say their shape in their name', async (t) => {
  const folder = t.testdir({
    'features-2x3x1-i8.bin': Buffer.from(Int8Array.of(1, -2, 3, 4, 5, -6).buffer),
    'labels-2-u8.bin': Buffer.of(1, 0),
  });
  const data = await loadDataset(folder, { split: 'test' });
  t.same(
    [data.inputShape, [...valuesOf(data.test)], [...labelsOf(data.test)]],
    [
      [3, 1],
      [1, -2, 3, 4, 5, -6],
      [1, 0],
    ],
  );
  writeFileSync(join(folder, 'labels-2-u8.bin'), Buffer.of(1));
  await refused(t, folder, /labels-2-u8\.bin: expected 2 bytes, got 1/, { split: 'test' });
});

t.test("pictures: folders of classes, made the network's size", async (t) => {
  const folder = t.testdir({
    cat: { 'b.png': await png(4, 2, [10, 20, 30]), 'a.png': await png(2, 2, [40, 50, 60]) },
    ant: { 'c.png': await png(3, 3, [70, 80, 90]), 'notes.txt': 'not a picture' },
  });
  const data = await loadDataset(folder, { split: 'test', inputShape: [2, 2, 3] });
  t.same([data.labels, data.inputShape, data.test.count], [['ant', 'cat'], [2, 2, 3], 3]);
  t.same([...labelsOf(data.test)], [0, 1, 1]);
  const stored = await values(data.test);
  t.same([stored[0], stored[12], stored[24]], [70, 40, 10], 'in the order of their names');
  t.equal(data.preprocessing.scale, Math.fround(1 / 255));
  const grey = await loadDataset(folder, { split: 'test', inputShape: [1, 2, 2] });
  t.same(grey.inputShape, [2, 2, 1], "channels first is the network's matter");
  await refused(
    t,
    folder,
    /b\.png: expected 3x3 pixels as the first picture has, got 4x2|a\.png: expected 3x3/,
  );
});

t.test('pictures: labels.csv, quoted cells, splits, no labels', async (t) => {
  const csv = 'file,author,class\n1.png,"Ann, ""A""",7\n0.png,Bob,3\n';
  const [one, two] = [await png(2, 2, [1, 1, 1]), await png(2, 2, [2, 2, 2])];
  const folder = t.testdir({
    train: { '1.png': one, '0.png': two, 'labels.csv': csv },
    val: { 'x.png': one },
  });
  const data = await loadDataset(folder);
  t.same([...labelsOf(data.train)], [7, 3]);
  t.same([(await values(data.train))[0], data.classes], [1, 8]);
  t.same([data.test.count, data.test.y], [1, undefined]);
  writeFileSync(join(folder, 'train/labels.csv'), 'file,class\n1.png,dog\n0.png,cat\n');
  const named = await loadDataset(folder, { split: 'train' });
  t.same(
    [named.labels, [...labelsOf(named.train)]],
    [
      ['cat', 'dog'],
      [1, 0],
    ],
  );
  t.same(parseCsv('a, "b\nc",\n"",d'), [
    ['a', 'b\nc', ''],
    ['', 'd'],
  ]);
});

t.test('broken pictures: one clear error each', async (t) => {
  const one = await png(2, 2, [1, 1, 1]);
  const cases: [string, RegExp][] = [
    ['file,class\nnone.png,1\n', /labels\.csv: expected .*none\.png, got no such file/],
    ['file,class\n', /labels\.csv: expected a line a sample, got none/],
    ['file,class\n1.png,\n', /expected a class in line 2, got none/],
    ['file,class\n1.png,-1\n', /expected classes from 0 on, got -1 in line 2/],
    ['file,class\nlabels.csv,1\n', /expected files of one kind.*labels\.csv/],
    ['file,class\nbad.png,1\n', /bad\.png: expected an image, got: /],
  ];
  for (const [csv, message] of cases)
    await refused(t, t.testdir({ '1.png': one, 'bad.png': 'text', 'labels.csv': csv }), message, {
      split: 'test',
    });
});

// CommonJS: its names are found only on the default export
const { WaveFile } = (await import('wavefile')).default;

function wav(samples: Float32Array, rate = 16000): Buffer {
  const wave = new WaveFile();
  wave.fromScratch(
    1,
    rate,
    '16',
    Int16Array.from(samples, (value) => Math.round(value * 32767)),
  );
  return Buffer.from(wave.toBuffer());
}

t.test('sounds become MFCC features', async (t) => {
  const tone = Float32Array.from({ length: 16000 }, (_, i) => 0.5 * Math.sin(i * 0.2));
  const folder = t.testdir({
    yes: { 'a.wav': wav(tone) },
    no: { 'b.wav': wav(tone.subarray(0, 8000)), 'c.wav': wav(tone.subarray(0, 8000), 8000) },
  });
  const data = await loadDataset(folder, { split: 'test' });
  t.same(
    [data.inputShape, data.labels, [...labelsOf(data.test)]],
    [
      [49, 10, 1],
      ['no', 'yes'],
      [0, 0, 1],
    ],
  );
  const stored = await values(data.test);
  const heard = tone.map((value) => Math.round(value * 32767) / 32768);
  const want = mfcc(heard);
  want.forEach((value, i) =>
    t.ok(Math.abs(stored[980 + i] - value) < 1e-4, `${i}: ${stored[980 + i]}, want ${value}`),
  );
  const other = await loadDataset(folder, {
    split: 'test',
    preprocessing: { scale: 1, offset: 0, audio: { coefficients: 4 } },
  });
  t.same(other.inputShape, [49, 4, 1]);
  writeFileSync(join(folder, 'no/b.wav'), 'RIFF, but no sound');
  await refused(t, folder, /b\.wav: expected a \.wav file, got: /, { split: 'test' });
});

const real = (name: string, options = {}): Promise<Dataset> =>
  loadDataset(name, { dir: join(SHARED, 'data'), split: 'test', ...options });

t.test('kws01', needsShared('data/kws01'), async (t) => {
  const data = await real('kws01');
  t.same([data.test.count, data.inputShape, data.classes], [1000, [49, 10], 12]);
  t.ok(valuesOf(data.test) instanceof Int8Array);
});

t.test(
  'imagenet256: read when asked for; the same numbers as one picture alone',
  needsShared('data/imagenet256'),
  async (t) => {
    const data = await real('imagenet256', { inputShape: [224, 224, 3] });
    t.same([data.test.count, data.inputShape], [256, [224, 224, 3]]);
    t.equal(labelsOf(data.test)[1], 883);
    t.notOk(isInMemory(data.test.x));
    const { x } = data.test;
    if (isInMemory(x)) return;
    const two = await x.read([1, 200]);
    const { data: pixels } = await sharp(join(SHARED, 'data/imagenet256/200.jpg'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const alone = imageValues({ width: 224, height: 224, channels: 3, data: pixels }, [224, 224, 3]);
    t.same(two.subarray(two.length / 2), alone);
  },
);
