import t from 'tap';
import {
  pruneTime,
  sparsityAt,
  timeBefore,
  type PruneSchedule,
} from '../../../src/compress/prune/schedule.js';
import { random, SEED } from '../../helpers/random.js';

const length = { steps: 100, stepsPerEpoch: 10 };
const ramp = { begin: 1, end: 6, frequency: 20, initial: 0 };

/** Step and time of every change. */
function changes(schedule: PruneSchedule): [number, number][] {
  const found: [number, number][] = [];
  for (let step = 0; step < length.steps; step++) {
    const time = pruneTime(schedule, step, length);
    if (time !== undefined) found.push([step, time]);
  }
  return found;
}

t.test('gradual: at begin, each `frequency` steps, and at end', (t) => {
  t.same(changes({ type: 'cubic', ...ramp }), [
    [10, 0],
    [30, 0.4],
    [50, 0.8],
    [60, 1],
  ]);
  t.same(changes({ type: 'polynomial', power: 3, ...ramp, begin: 2, end: 2 }), [[20, 1]]);
  t.end();
});

t.test('one-shot before the first step, constant at begin', (t) => {
  t.same(changes({ type: 'one-shot' }), [[0, 1]]);
  t.same(changes({ type: 'constant', begin: 0.5 }), [[5, 1]]);
  t.end();
});

t.test('iterative: rounds evenly from begin to end', (t) => {
  t.same(changes({ type: 'iterative', begin: 1, end: 7, rounds: 4 }), [
    [10, 0.25],
    [30, 0.5],
    [50, 0.75],
    [70, 1],
  ]);
  t.same(changes({ type: 'iterative', begin: 1, end: 7, rounds: 1 }), [[70, 1]]);
  t.same(changes({ type: 'iterative', begin: 3, end: 3, rounds: 5 }), [[30, 1]]);
  t.end();
});

t.test('sparsities, by hand', (t) => {
  const half = { ...ramp, initial: 0.5 };
  const near = (schedule: PruneSchedule, final: number, time: number, expected: number): void => {
    const got = sparsityAt(schedule, final, time);
    t.ok(Math.abs(got - expected) < 1e-12, `${schedule.type} at ${time}: ${got}, expected ${expected}`);
  };
  near({ type: 'linear', ...ramp }, 0.8, 0.25, 0.2);
  near({ type: 'linear', ...half }, 0.9, 0.25, 0.6);
  near({ type: 'cubic', ...ramp }, 0.8, 0.5, 0.8 * (1 - 0.125));
  near({ type: 'cubic', ...half }, 0.9, 0.5, 0.9 - 0.4 * 0.125);
  near({ type: 'polynomial', power: 2, ...ramp }, 0.8, 0.5, 0.6);
  near({ type: 'exponential', ...ramp }, 0.99, 0.5, 0.9);
  near({ type: 'exponential', ...half }, 0.98, 0.5, 1 - Math.sqrt(0.5 * 0.02));
  near({ type: 'iterative', begin: 0, end: 1, rounds: 3 }, 0.488, 1 / 3, 0.2);
  near({ type: 'iterative', begin: 0, end: 1, rounds: 3 }, 0.488, 2 / 3, 0.36);
  near({ type: 'one-shot' }, 0.7, 1, 0.7);
  near({ type: 'constant', begin: 3 }, 0.7, 1, 0.7);
  t.end();
});

t.test(`sparsity never falls, begins at \`initial\`, ends at the final one (SEED=${SEED})`, (t) => {
  const { int, next, pick } = random();
  for (let round = 0; round < 300; round++) {
    const begin = 4 * next();
    const common = { begin, end: begin + 5 * next(), frequency: int(1, 30), initial: pick([0, next()]) };
    const schedule = pick<PruneSchedule>([
      { type: 'one-shot' },
      { type: 'constant', begin },
      { type: 'linear', ...common },
      { type: 'cubic', ...common },
      { type: 'exponential', ...common },
      { type: 'polynomial', power: 0.5 + 4 * next(), ...common },
      { type: 'iterative', begin, end: common.end, rounds: int(1, 9) },
    ]);
    const final = 0.99 * next();
    const sparsities = changes(schedule).map(([, time]) => sparsityAt(schedule, final, time));
    const label = `${JSON.stringify(schedule)} to ${final}: ${sparsities.join(', ')}`;
    if (sparsities.at(-1) !== final) t.fail(`last ${label}`);
    if (sparsities.some((s, i) => i > 0 && s < sparsities[i - 1] - 1e-15)) t.fail(`falls ${label}`);
    if (sparsities.some((s) => s < 0 || s > final)) t.fail(`out of range ${label}`);
  }
  t.end();
});

t.test('the time before a step is that of the last change', (t) => {
  const schedule: PruneSchedule = { type: 'cubic', ...ramp };
  t.same(
    [0, 10, 11, 30, 31, 60, 61, 99].map((step) => timeBefore(schedule, step, length)),
    [undefined, undefined, 0, 0, 0.4, 0.8, 1, 1],
  );
  t.end();
});
