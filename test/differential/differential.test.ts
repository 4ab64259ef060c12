/** 300 random graphs in every executor: `npm run differential` does as many as you like. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { SEED } from '../helpers/random.js';
import { OPERATORS } from './builds.js';
import { run } from './run.js';
import { allExecutors } from './schedule.js';

const COUNT = 300;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function command(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['scripts/differential.mjs', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 120_000,
  });
}

t.test('the command', async (t) => {
  const { status, stdout, stderr } = command('--seed', '2', '--case', '5');
  t.equal(status, 0);
  t.match(JSON.parse(stdout), { seed: 2, graphs: 1, failures: [] });
  t.match(stderr, /seed 2, case 5\n {2}x0: (f32|i8) \[[^]*outputs /);
  const wrong = command('--count', 'many');
  t.equal(wrong.status, 2);
  t.match(wrong.stderr, /--count: expected a whole number of at least 0, got 'many'/);
});

t.test(`${COUNT} graphs`, async (t) => {
  const report = await run({ seed: SEED, first: 0, count: COUNT, executors: await allExecutors() });
  t.same(
    report.failures.map(({ what }) => what),
    [],
    `SEED=${SEED}`,
  );
  t.equal(report.graphs, COUNT);
  for (const name of ['simd128-full', 'simd128-all', 'relaxed-simd', 'reference', 'tfjs'])
    t.ok(report.comparisons[name].nodes > COUNT, `${name}: ${report.comparisons[name].nodes} nodes`);
  for (const name of ['simd128', 'simd128-threads', 'relaxed-simd-threads'])
    t.ok(report.comparisons[name].nodes > 10, `${name}: ${report.comparisons[name].nodes} nodes`);
  t.ok(Object.keys(report.operators).length > 0.9 * OPERATORS.all.length, 'most operators');
});
