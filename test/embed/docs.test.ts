/** docs/embed.md: each of its files is run by a test here, and its sizes are what was measured. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { ROOT, snippetNames } from './app.js';

const page = readFileSync(`${ROOT}docs/embed.md`, 'utf8');

t.test('every file is named by a test', async (t) => {
  const tests = readdirSync(`${ROOT}test/embed`).filter((name) => name.endsWith('.test.ts'));
  const text = tests.map((name) => readFileSync(`${ROOT}test/embed/${name}`, 'utf8')).join();
  t.ok(snippetNames.length > 15);
  t.same(
    snippetNames.filter((name) => !text.includes(`'${name}'`)),
    [],
  );
});

t.test('sizes', async (t) => {
  const lines = execFileSync(process.execPath, [`${ROOT}scripts/size.mjs`], { encoding: 'utf8' }).split('\n');
  const kilobytes = (name: string): number => {
    const line = lines.find((each) => each.startsWith(`${name} `));
    return Number(/gzip (\d+) B/.exec(line ?? '')?.[1]) / 1024;
  };
  const rows = {
    '`lopper-runtime`': 'load',
    '`lopper-runtime/worker`': 'worker: loadWorker',
    '`lopper-runtime/image`': 'image: imageReader',
    '`lopper-runtime/inline`': 'inline: load',
    '`lopper-runtime/inline-full`': 'inline-full: load',
    '`lopper-runtime/reference`': 'reference: load',
    '`lopper-runtime/wasm/*`': 'lopper.global.js',
  };
  for (const [entry, name] of Object.entries(rows)) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${entry} |`));
    const said = Number(/([\d.]+) KB \|$/.exec(row ?? '')?.[1]);
    t.ok(Math.abs(said / kilobytes(name) - 1) < 0.05, `${entry}: ${said} KB, measured ${kilobytes(name)}`);
  }
});
