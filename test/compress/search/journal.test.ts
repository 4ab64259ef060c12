import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Journal } from '../../../src/compress/search/journal.js';

t.test('what was found is there again; a torn last line is not', async (t) => {
  const path = join(t.testdir(), 'journal.jsonl');
  const first = new Journal(path, 'abc', false);
  first.add('x', { accuracy: 0.5 });
  first.add('y', 2);
  appendFileSync(path, '{"key":"z","val');
  const again = new Journal(path, 'abc', true);
  t.same([again.get('x'), again.get('y'), again.has('z'), again.size], [{ accuracy: 0.5 }, 2, false, 2]);
  again.add('z', 3);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  t.same(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      { search: 'abc' },
      { key: 'x', value: { accuracy: 0.5 } },
      { key: 'y', value: 2 },
      { key: 'z', value: 3 },
    ],
  );
});

t.test('without resume it begins anew', async (t) => {
  const path = join(t.testdir(), 'journal.jsonl');
  new Journal(path, 'abc', false).add('x', 1);
  t.notOk(new Journal(path, 'abc', false).has('x'));
  t.equal(readFileSync(path, 'utf8'), '{"search":"abc"}\n');
});

t.test("another search's journal, and a broken one, are refused", async (t) => {
  const path = join(t.testdir(), 'journal.jsonl');
  new Journal(path, 'abc', false).add('x', 1);
  t.throws(() => new Journal(path, 'other', true), {
    name: 'JournalError',
    message: /search afresh without --resume/,
  });
  writeFileSync(path, '{"search":"abc"}\nrubbish\n{"key":"x"}\n');
  t.throws(() => new Journal(path, 'abc', true), {
    name: 'JournalError',
    message: /expected JSON in line 2, got rubbish/,
  });
});
