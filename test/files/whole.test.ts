import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { checkWritable, removeLeftovers, writeWhole } from '../../src/files/index.js';

/** A process that has ended. */
const DEAD = spawnSync(process.execPath, ['--version']).pid;

t.test('writes the whole file in place of the old one, and leaves nothing else', async (t) => {
  const folder = t.testdir({ 'a.lop': 'old' });
  await writeWhole(join(folder, 'a.lop'), 'new');
  await writeWhole(join(folder, 'b.lop'), Uint8Array.of(1, 2));
  t.equal(readFileSync(join(folder, 'a.lop'), 'utf8'), 'new');
  t.same(readdirSync(folder).sort(), ['a.lop', 'b.lop']);
});

t.test('what cannot be written is a WriteError with its cause and advice; nothing is left', async (t) => {
  const folder = t.testdir({ file: 'a file', sub: {} });
  const fails = (path: string, code: string, message: RegExp) =>
    t.rejects(writeWhole(join(folder, path), 'x', 'do this'), {
      name: 'WriteError',
      cause: { code },
      message,
    });
  await fails('none/a', 'ENOENT', /none\/a: expected a writable output, got: no such folder; do this$/);
  await fails('file/a', 'ENOTDIR', /got: a file where a folder should be; do this$/);
  await fails('sub', 'EISDIR', /sub: expected a writable output, got: a folder; do this$/);
  t.same(readdirSync(folder).sort(), ['file', 'sub']);
  await t.rejects(checkWritable(join(folder, 'sub')), { message: /expected a file to write, got a folder/ });
  await t.resolves(checkWritable(join(folder, 'file')));
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'a file', 'asking changes nothing');
  t.same(readdirSync(folder).sort(), ['file', 'sub']);
});

t.test('what a killed process left goes; what a living one writes stays', async (t) => {
  const folder = t.testdir();
  const names = [`.a.lop.${DEAD}.tmp`, `.a.lop.${process.ppid}.tmp`, `.b.lop.${DEAD}.tmp`, '.a.lop.x.tmp'];
  for (const name of names) writeFileSync(join(folder, name), 'half');
  await removeLeftovers(join(folder, 'a.lop'));
  t.same(readdirSync(folder).sort(), names.slice(1).sort());
  mkdirSync(join(folder, 'empty'));
  await removeLeftovers(join(folder, 'none', 'a.lop'));
  await checkWritable(join(folder, 'b.lop'));
  t.notOk(existsSync(join(folder, names[2])), 'asking tidies up too');
});
