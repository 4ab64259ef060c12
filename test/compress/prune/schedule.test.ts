import t from 'tap';
import { pruneProgress, type PruneSchedule } from '../../../src/compress/prune/index.js';

const length = { steps: 100, stepsPerEpoch: 10 };

t.test('polynomial: Zhu and Gupta, each `frequency` steps, all at `end`', (t) => {
  const schedule: PruneSchedule = { type: 'polynomial', begin: 1, end: 6, frequency: 20, power: 3 };
  const changes = new Map<number, number>();
  for (let step = 0; step < 100; step++) {
    const progress = pruneProgress(schedule, step, length);
    if (progress !== undefined) changes.set(step, progress);
  }
  t.same([...changes.keys()], [10, 30, 50, 60]);
  t.same([...changes.values()], [0, 1 - 0.6 ** 3, 1 - (1 - 0.8) ** 3, 1]);
  t.end();
});

t.test('constant: all at once', (t) => {
  const schedule: PruneSchedule = { type: 'constant', begin: 0.5, end: 3, frequency: 1, power: 3 };
  const steps = Array.from({ length: 100 }, (_, step) => pruneProgress(schedule, step, length));
  t.same(
    steps.filter((progress) => progress !== undefined),
    [1],
  );
  t.equal(steps[5], 1);
  t.end();
});

t.test('nothing to do between begin and end of one step', (t) => {
  const schedule: PruneSchedule = { type: 'polynomial', begin: 2, end: 2, frequency: 5, power: 3 };
  t.equal(pruneProgress(schedule, 20, length), 1);
  t.equal(pruneProgress(schedule, 25, length), undefined);
  t.end();
});
