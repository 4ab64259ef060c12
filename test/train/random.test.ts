import t from 'tap';
import { mix, permutationOf, randomStream } from '../../src/train/random.js';

const draw = (seed: number): number[] => Array.from({ length: 5 }, randomStream(seed));

t.test('streams repeat, and differ by seed', (t) => {
  t.same(draw(7), draw(7));
  t.notSame(draw(7), draw(8));
  const stream = randomStream(3);
  const numbers = Array.from({ length: 10000 }, stream);
  t.ok(numbers.every((n) => n >= 0 && n < 1));
  const mean = numbers.reduce((a, b) => a + b) / 10000;
  t.ok(Math.abs(mean - 0.5) < 4 / Math.sqrt(12 * 10000), `mean ${mean}`);
  t.end();
});

t.test('mix depends on each part and its place', (t) => {
  t.equal(new Set([mix(1, 2), mix(2, 1), mix(1, 2, 0), mix(1), mix(0)]).size, 5);
  t.end();
});

t.test('a permutation has every index once', (t) => {
  const order = permutationOf(1000, randomStream(1));
  t.notSame(order, order.slice().sort());
  t.same(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  t.end();
});
