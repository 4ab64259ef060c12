import { readFile } from 'node:fs/promises';
import t from 'tap';
import { readLop, writeLop } from '../../src/format/index.js';
import { readStored } from '../../src/format/read.js';
import { tinyModel } from './models.js';

const read = (path: string): Promise<Uint8Array> => readFile(new URL(path, import.meta.url));

t.test('the file in FORMAT.md is the one that is written', async (t) => {
  const text = new TextDecoder().decode(await read('../../src/format/FORMAT.md'));
  const hex = /```hex\n([^`]*)```/.exec(text)?.[1] ?? '';
  const bytes = Uint8Array.from(
    hex
      .split('\n')
      .flatMap((line) => line.split('|')[0].trim().split(/\s+/))
      .filter(Boolean),
    (byte) => parseInt(byte, 16),
  );
  t.same(readLop(bytes), tinyModel());
  t.same(writeLop(tinyModel(), { entropy: false }), bytes);

  const coded = /values are `([0-9a-f ]*)`/.exec(text)?.[1];
  const weight = readStored(writeLop(tinyModel())).weights.get('fc/kernel');
  t.equal(Buffer.from(weight?.valueStream ?? []).toString('hex'), coded?.replaceAll(' ', ''));
});

t.test('version 1 stays readable: golden files', async (t) => {
  t.same(readLop(await read('golden/tiny.lop')), tinyModel());
  t.same(readLop(await read('golden/tiny-entropy.lop')), tinyModel());
});
