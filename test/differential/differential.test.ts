/** 300 random graphs in every executor: `npm run differential` does as many as you like. */
import t from 'tap';
import { SEED } from '../helpers/random.js';
import { OPERATORS } from './builds.js';
import { run } from './run.js';
import { allExecutors } from './schedule.js';

const COUNT = 300;

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
