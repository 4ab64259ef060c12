/** The bench's own commands, as built, on little work. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(script: string, ...args: string[]): Promise<Ended> {
  const path = fileURLToPath(new URL(`../../dist/${script}`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [path, ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

t.test('bench:density: every density, block and size, with what a kept weight costs', async (t) => {
  const { code, stdout, stderr } = await run(
    'bench/density.js',
    '--channels',
    '32',
    '--rounds',
    '1',
    '--json',
  );
  t.equal(code, 0, stderr);
  const { results, spreads } = JSON.parse(stdout) as {
    results: {
      block: string;
      density: number;
      side: number;
      kept: number;
      ns_per_kept: number;
      ms: number;
    }[];
    spreads: { block: string; spread: number }[];
  };
  t.same(
    spreads.map(({ block }) => block),
    ['1x1', '2x2', '4x2'],
  );
  t.equal(results.length, 3 * (6 + 3));
  const row = results.find(({ block, density, side }) => block === '2x2' && density === 0.25 && side === 28)!;
  t.equal(row.kept, 256);
  t.ok(Math.abs(row.ns_per_kept - (1e6 * row.ms) / 256) < 1e-9);
  const text = await run('bench/density.js', '--channels', '16', '--rounds', '1');
  t.match(text.stdout, /\| density \| kept \|/);
  t.match(text.stdout, /\| pixels \| kept \|/);
});

t.test('bench:cold: a fresh process each time, with its peers', async (t) => {
  const args = ['--arch', 'ds-cnn', '--processes', '1', '--against', 'ort-web', '--json'];
  const { code, stdout, stderr } = await run('bench/cold.js', ...args);
  t.equal(code, 0, stderr);
  const { results } = JSON.parse(stdout) as { results: Record<string, number | string>[] };
  t.same(
    results.map(({ runtime }) => runtime),
    ['lopper', 'ort-web'],
  );
  for (const row of results) t.ok((row.ms as number) > 0 && (row.memory_bytes as number) > 65536);
});

t.test('bench:architectures: a table in Markdown, also as a file', async (t) => {
  const file = join(t.testdir(), 'table.md');
  const args = ['--arch', 'ds-cnn', '--runs', '1', '--against', 'ort-web', '-o', file];
  const { code, stdout, stderr } = await run('cli/bench-table.js', ...args);
  t.equal(code, 0, stderr);
  t.equal(readFileSync(file, 'utf8'), stdout);
  t.match(stdout, /\| architecture \| dense int8 \| 80 %, 2x2 \| 90 %, 2x2 \| 90 %, 1x1 \| ort-web \|/);
  t.match(stdout, /\| ds-cnn( \| \*\*[\d.]+x\*\* \([\d.]+\)){4} \| [\d.]+ \|/);
});

t.test('wrong usage is exit code 2, in one line', async (t) => {
  const cases: [string, string[], RegExp][] = [
    [
      'bench/density.js',
      ['--rounds', '0'],
      /^error: --rounds: expected a whole number of at least 1, got '0'\n$/,
    ],
    ['bench/density.js', ['--build', 'avx'], /expected one of simd128, relaxed-simd, got 'avx'/],
    ['bench/cold.js', ['--against', 'tflite'], /--against: expected one of tfjs-wasm.*got 'tflite'/],
    ['bench/cold.js', ['--sparsity', '1'], /expected a number in \[0, 1\), got '1'/],
    ['bench/cold.js', ['--block', '2'], /expected outputs x inputs as 2x2, got '2'/],
    ['cli/bench-table.js', ['--nonsense'], /Unknown option '--nonsense'/],
  ];
  for (const [script, args, message] of cases) {
    const { code, stderr } = await run(script, ...args);
    t.equal(code, 2, stderr);
    t.match(stderr, message);
  }
});
