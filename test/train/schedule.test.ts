import t from 'tap';
import { learningRateFactor } from '../../src/train/index.js';

const length = { steps: 100, stepsPerEpoch: 10 };

t.test('constant, cosine and step', (t) => {
  t.equal(learningRateFactor({ type: 'constant' }, 99, length), 1);
  t.equal(learningRateFactor({ type: 'cosine' }, 0, length), 1);
  t.ok(Math.abs(learningRateFactor({ type: 'cosine' }, 50, length) - 0.5) < 1e-12);
  t.ok(learningRateFactor({ type: 'cosine' }, 99, length) < 0.001);
  t.equal(learningRateFactor({ type: 'cosine', minimum: 0.2 }, 100, length), 0.2);
  const step = { type: 'step', every: 3, factor: 0.5 } as const;
  t.same(
    [0, 29, 30, 60].map((at) => learningRateFactor(step, at, length)),
    [1, 1, 0.5, 0.25],
  );
  t.end();
});

t.test('warm-up rises in a line to the full rate', (t) => {
  const schedule = { type: 'cosine', warmup: 0.4 } as const;
  const factors = [0, 1, 2, 3, 4].map((step) => learningRateFactor(schedule, step, length));
  t.same(factors, [0.2, 0.4, 0.6, 0.8, 1]);
  t.end();
});
