import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { labelsOf, loadDataset, valuesOf } from '../../../src/train/data/index.js';
import { needsShared, SHARED } from '../../helpers/shared.js';

/** Label, then planes filled with 10, 20 and 30 plus the label. */
function record(label: number): Buffer {
  const planes = [10, 20, 30].map((value) => Buffer.alloc(1024, value + label));
  return Buffer.concat([Buffer.of(label), ...planes]);
}

t.test('records of several files become images with channels last', async (t) => {
  const folder = t.testdir({
    'data_batch_1.bin': Buffer.concat([record(3), record(4)]),
    'data_batch_2.bin': record(5),
    'test_batch.bin.gz': gzipSync(record(9)),
  });
  const data = await loadDataset(folder);
  t.same([data.train.count, data.test.count, data.classes], [3, 1, 10]);
  t.same([...labelsOf(data.train)], [3, 4, 5]);
  t.same([...valuesOf(data.train).subarray(0, 6)], [13, 23, 33, 13, 23, 33]);
  t.same([...valuesOf(data.test).subarray(-3)], [19, 29, 39]);
  t.equal(data.labels[9], 'truck');
});

t.test('short and mislabelled files', async (t) => {
  const short = t.testdir({ 'test_batch.bin': record(1).subarray(1) });
  await t.rejects(loadDataset(short), { message: /whole number of records of 3073 bytes, got 3072 bytes/ });
  const wrong = t.testdir({ 'test_batch.bin': Buffer.concat([record(1), record(10)]) });
  await t.rejects(loadDataset(wrong), { message: /expected a label in 0..9 at byte 3073, got 10/ });
});

t.test('CIFAR-100: two labels, the second is the class', async (t) => {
  const folder = t.testdir({
    'train.bin': Buffer.concat([Buffer.of(9), record(42)]),
    'test.bin': Buffer.concat([Buffer.of(1), record(99), Buffer.of(2), record(0)]),
  });
  const data = await loadDataset(folder);
  t.same([[...labelsOf(data.test)], data.classes], [[99, 0], 100]);
  t.same([...valuesOf(data.train).subarray(0, 3)], [52, 62, 72]);
  const wrong = t.testdir({ 'test.bin': Buffer.concat([Buffer.of(9), record(100)]) });
  await t.rejects(loadDataset(wrong), { message: /expected a label in 0..99 at byte 1, got 100/ });
});

t.test('CIFAR-10 test records', needsShared('data/cifar10'), async (t) => {
  const data = await loadDataset('cifar10', { dir: join(SHARED, 'data'), split: 'test' });
  t.same([data.test.count, data.inputShape], [5000, [32, 32, 3]]);
  const counts = new Uint32Array(10);
  for (const label of labelsOf(data.test)) counts[label]++;
  t.ok(Math.min(...counts) > 400, 'every class is there');
});
