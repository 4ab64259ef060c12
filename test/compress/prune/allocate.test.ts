import t from 'tap';
import { allocate, type Step } from '../../../src/compress/prune/index.js';
import { random, SEED } from '../../helpers/random.js';

const steps = (...list: [sparsity: number, saved: number, damage: number][]): Step[] =>
  list.map(([sparsity, saved, damage]) => ({ sparsity, saved, damage }));

t.test('the cheapest segments first, the last one in part', async (t) => {
  const tough = steps([0.5, 50, 10], [0.9, 90, 100]);
  const easy = steps([0.5, 50, 1], [0.9, 90, 21]);
  // Slopes: easy 0.02, 0.5; tough 0.2, 2.25.
  t.same(allocate([tough, easy], 50), [0, 0.5]);
  t.same(allocate([tough, easy], 75), [0.25, 0.5]);
  t.same(allocate([tough, easy], 120), [0.5, 0.7]);
  t.same(allocate([tough, easy], 180), [0.9, 0.9]);
  t.equal(allocate([tough, easy], 181), undefined);
});

t.test('a bump is passed over, and noise does not tempt', async (t) => {
  const bump = steps([0.5, 50, 30], [0.8, 80, 31]);
  const rival = steps([0.8, 80, 35]);
  t.same(allocate([bump, rival], 80), [0.8, 0], 'by the hull 31 for 80 beats 35');
  const falling = steps([0.5, 50, 5], [0.9, 90, 1]);
  t.same(allocate([falling], 90), [0.9]);
});

t.test('savings that are not linear', async (t) => {
  const [sparsity] = allocate([steps([1, 1, 1])], 0.25, (_, s) => s * s)!;
  t.ok(Math.abs(sparsity - 0.5) < 1e-9);
});

t.test(`as good as trying everything, where the curves are convex (SEED=${SEED})`, async (t) => {
  const { next, int } = random();
  for (let round = 0; round < 30; round++) {
    const curves = Array.from({ length: 3 }, () => {
      const slopes = Array.from({ length: 4 }, () => next()).sort((a, b) => a - b);
      let damage = 0;
      return slopes.map((slope, i) => ({ sparsity: (i + 1) / 5, saved: i + 1, damage: (damage += slope) }));
    });
    const goal = int(1, 12);
    const damageOf = (counts: number[]): number =>
      counts.reduce((sum, count, l) => sum + (count === 0 ? 0 : curves[l][count - 1].damage), 0);
    let best = Infinity;
    for (let a = 0; a <= 4; a++)
      for (let b = 0; b <= 4; b++) {
        const c = goal - a - b;
        if (c >= 0 && c <= 4) best = Math.min(best, damageOf([a, b, c]));
      }
    const found = allocate(curves, goal)!.map((sparsity) => Math.round(sparsity * 5));
    t.equal(
      found.reduce((a, b) => a + b),
      goal,
    );
    t.ok(Math.abs(damageOf(found) - best) < 1e-9);
  }
});
