/** The reader against files that libhdf5 writes. */
import type * as h5wasm from 'h5wasm/node';
import t from 'tap';
import { isHdf5, openHdf5, type Hdf5Object } from '../../../src/import/hdf5/file.js';
import { random } from '../../helpers/random.js';
import { writeHdf5 } from '../keras/files.js';

type Write = Parameters<typeof writeHdf5>[1];

async function written(
  folder: string,
  write: Write,
  options?: Parameters<typeof writeHdf5>[2],
): Promise<Hdf5Object> {
  return openHdf5(await writeHdf5(folder, write, options), 'file.h5');
}

t.test('groups of many names, in a heap', async (t) => {
  const names = Array.from({ length: 1500 }, (_, i) => `layer_${i}`);
  const file = await written(t.testdir(), (h5) =>
    names.forEach((name) => h5.create_group(name).create_group('inner')),
  );
  t.same(file.keys().toSorted(), names.toSorted());
  t.same(file.get('layer_77')!.keys(), ['inner']);
  t.equal(file.get('layer_77/none'), undefined);
  t.equal(file.get('layer_77')!.isDataset, false);
});

t.test('a group as HDF5 1.6 wrote it, in nodes of a tree', async (t) => {
  const names = Array.from({ length: 500 }, (_, i) => `layer_${i}`);
  const write = (h5: h5wasm.File): void => names.forEach((name) => h5.create_group(name));
  const file = await written(t.testdir(), write, { libver: ['earliest', 'latest'] });
  t.same(file.keys(), names.toSorted());
});

t.test('many attributes', async (t) => {
  const file = await written(t.testdir(), (h5) => {
    for (let i = 0; i < 60; i++) h5.create_attribute(`name${i}`, `value ${i}`);
  });
  t.same(file.texts('name0'), ['value 0']);
  t.same(file.texts('name59'), ['value 59']);
});

t.test('texts: fixed, of any length, lists, none', async (t) => {
  const long = 'x'.repeat(100_000);
  const file = await written(t.testdir(), (h5) => {
    h5.create_attribute('fixed', 'abc', null, 'S10');
    h5.create_attribute('long', long, null, 'S');
    h5.create_attribute('list', ['a', 'bcd', 'é']);
    h5.create_attribute('number', 7);
  });
  t.same(file.texts('fixed'), ['abc']);
  t.same(file.texts('long'), [long]);
  t.same(file.texts('list'), ['a', 'bcd', 'é']);
  t.equal(file.texts('number'), undefined);
  t.equal(file.texts('none'), undefined);
});

t.test('numbers of each type', async (t) => {
  const file = await written(t.testdir(), (h5) => {
    h5.create_dataset({ name: 'f4', data: Float32Array.of(1.5, -2), shape: [1, 2] });
    h5.create_dataset({ name: 'f8', data: Float64Array.of(0.25, 1e300) });
    h5.create_dataset({ name: 'i1', data: Int8Array.of(-3, 3) });
    h5.create_dataset({ name: 'u2', data: Uint16Array.of(65535) });
    h5.create_dataset({ name: 'i4', data: Int32Array.of(-70000) });
    h5.create_dataset({ name: 'u8', data: BigUint64Array.of(5n) });
    h5.create_dataset({ name: 'scalar', data: Float32Array.of(9), shape: [] });
  });
  const values = (name: string): number[] => [...file.get(name)!.numbers().data];
  t.same(file.get('f4')!.numbers(), { shape: [1, 2], data: Float32Array.of(1.5, -2) });
  t.same(values('f8'), [0.25, Infinity]);
  t.same(values('i1'), [-3, 3]);
  t.same(values('u2'), [65535]);
  t.same(values('i4'), [-70000]);
  t.same(values('u8'), [5]);
  t.same(file.get('scalar')!.numbers(), { shape: [], data: Float32Array.of(9) });
});

t.test('chunks: plain, compressed, over the edge', async (t) => {
  const r = random();
  const shape = [7, 10, 5];
  const data = Float32Array.from({ length: 350 }, () => r.int(0, 9));
  const file = await written(t.testdir(), (h5) => {
    h5.create_dataset({ name: 'plain', data, shape, chunks: [3, 4, 5] });
    h5.create_dataset({
      name: 'gzip',
      data,
      shape,
      chunks: [2, 10, 2],
      compression: 'gzip',
      compression_opts: 4,
    });
    h5.create_dataset({ name: 'one', data, shape, chunks: shape, compression: 9 });
  });
  for (const name of ['plain', 'gzip', 'one']) t.same(file.get(name)!.numbers(), { shape, data }, name);
});

t.test('the newest form of a file', async (t) => {
  const data = Float32Array.of(1, 2, 3);
  const file = await written(
    t.testdir(),
    (h5) => {
      h5.create_attribute('name', 'abc');
      h5.create_group('group').create_dataset({ name: 'data', data });
    },
    { libver: 'latest' },
  );
  t.same(file.texts('name'), ['abc']);
  t.same(file.get('group/data')!.numbers(), { shape: [3], data });
});

t.test('other bytes, cut files', async (t) => {
  const bytes = await writeHdf5(t.testdir(), (h5) =>
    h5.create_dataset({ name: 'a', data: new Float32Array(100) }),
  );
  t.equal(isHdf5(bytes), true);
  t.equal(isHdf5(bytes.subarray(1)), false);
  const moved = new Uint8Array(bytes.length + 512);
  moved.set(bytes, 512);
  t.same(openHdf5(moved, 'moved.h5').keys(), ['a'], 'after a user block');
  const odd = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
  t.same(
    openHdf5(odd, 'odd.h5').get('a')!.numbers().data,
    new Float32Array(100),
    'floats at no multiple of 4',
  );
  t.throws(() => openHdf5(bytes.subarray(0, -1), 'cut.h5'), {
    name: 'ImportError',
    message: /cut\.h5: byte \d+: expected \d+ bytes, got a file of \d+/,
  });
  t.throws(() => openHdf5(new Uint8Array(3), 'no.h5'), { message: /no\.h5: byte 0: expected an HDF5 file/ });
});
