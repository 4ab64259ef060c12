import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PRESETS } from '../../../src/preprocess/index.js';
import { DatasetError, labelsOf, loadDataset, valuesOf } from '../../../src/train/data/index.js';
import { parseIdx } from '../../../src/train/data/idx.js';
import { needsShared, SHARED } from '../../helpers/shared.js';
import { idxFile, tinyIdxSet } from './sets.js';

t.test('idx folder: plain and gzipped files, both splits', async (t) => {
  const data = await loadDataset(t.testdir(tinyIdxSet()));
  t.same(data.inputShape, [2, 3, 1]);
  t.same([data.train.count, data.test.count, data.classes], [6, 3, 3]);
  t.same(data.labels, ['0', '1', '2']);
  t.same([...labelsOf(data.train)], [0, 1, 2, 0, 1, 2]);
  t.same([...valuesOf(data.train).subarray(6, 12)], [6, 7, 8, 9, 10, 11]);
  t.equal(data.preprocessing.scale, Math.fround(1 / 255));
});

t.test('split and limit take the first samples of what was asked for', async (t) => {
  const data = await loadDataset(t.testdir(tinyIdxSet()), { split: 'train', limit: 4 });
  t.same(
    [data.train.count, valuesOf(data.train).length, labelsOf(data.train).length, data.test.count],
    [4, 24, 4, 0],
  );
  await t.rejects(loadDataset(t.testdir(tinyIdxSet()), { limit: 0 }), {
    name: 'RangeError',
    message: 'limit: expected an integer >= 1, got 0',
  });
});

t.test("preprocessing that is asked for is the set's", async (t) => {
  const folder = t.testdir(tinyIdxSet());
  t.same((await loadDataset(folder)).preprocessing, PRESETS.unit);
  t.same((await loadDataset(folder, { preprocessing: PRESETS.none })).preprocessing, PRESETS.none);
});

t.test('labels.txt names the classes', async (t) => {
  const folder = t.testdir({ ...tinyIdxSet(), 'labels.txt': 'shirt\nshoe\nbag\nhat\n' });
  const data = await loadDataset(folder);
  t.same(data.labels, ['shirt', 'shoe', 'bag', 'hat']);
  t.equal(data.classes, 4);
  writeFileSync(join(folder, 'labels.txt'), 'shirt\n');
  await t.rejects(loadDataset(folder), { message: /expected 3 lines, one a class, got 1/ });
});

t.test('a name is looked up in dir, then in $LOPPER_DATA', async (t) => {
  const first = t.testdir({ tiny: tinyIdxSet(6) });
  process.env.LOPPER_DATA = first;
  t.teardown(() => delete process.env.LOPPER_DATA);
  t.equal((await loadDataset('tiny')).train.count, 6);
  t.equal((await loadDataset('tiny')).name, 'tiny');
  const missing = loadDataset('nowhere');
  await t.rejects(missing, DatasetError);
  await t.rejects(missing, {
    message: /^nowhere: expected a folder with idx files, CIFAR records, .*found none in .*nowhere/,
  });
});

t.test('broken idx files: one clear error each', async (t) => {
  const images = idxFile([6, 2, 3], new Uint8Array(36));
  const cases: [string, Record<string, Buffer | undefined>, RegExp][] = [
    [
      'short images',
      { 'train-images-idx3-ubyte.gz': undefined, 'train-images-idx3-ubyte': images.subarray(0, 40) },
      /train-images-idx3-ubyte: expected 52 bytes for shape \[6,2,3\], got 40/,
    ],
    [
      'short header',
      { 'train-labels-idx1-ubyte': images.subarray(0, 9) },
      /expected 16 bytes of header, got 9/,
    ],
    ['not idx', { 'train-labels-idx1-ubyte': Buffer.from('<html>') }, /starting 0 0 8\), got 60 104 116/],
    [
      'cut gzip',
      { 'train-images-idx3-ubyte.gz': tinyIdxSet()['train-images-idx3-ubyte.gz'].subarray(0, 30) },
      /gzip/,
    ],
    ['labels missing', { 'train-labels-idx1-ubyte': undefined }, /expected a train-labels-idx1-ubyte beside/],
    [
      'labels short',
      { 'train-labels-idx1-ubyte': idxFile([5], new Uint8Array(5)) },
      /expected 6 labels, got shape \[5\]/,
    ],
  ];
  for (const [name, changes, message] of cases) {
    const folder = t.testdir();
    for (const [file, bytes] of Object.entries({ ...tinyIdxSet(), ...changes }))
      if (bytes) writeFileSync(join(folder, file), bytes);
    await t.rejects(loadDataset(folder), { name: 'DatasetError', message }, name);
  }
});

t.test('an idx header may not promise more than there is', (t) => {
  t.throws(() => parseIdx(idxFile([2 ** 31, 4], []), 'x'), /expected 8589934604 bytes/);
  t.throws(() => parseIdx(new Uint8Array(2), 'x'), /got 2 bytes/);
  t.end();
});

t.test('MNIST', needsShared('data/mnist'), async (t) => {
  const data = await loadDataset('mnist', { dir: join(SHARED, 'data'), split: 'test' });
  t.same([data.test.count, data.classes, data.inputShape], [10000, 10, [28, 28, 1]]);
  t.same([...labelsOf(data.test).subarray(0, 5)], [7, 2, 1, 0, 4]);
});
