import t from 'tap';
import { Allowance } from '../../src/import/allowance.js';
import { ImportError } from '../../src/import/errors.js';

const FREE = 2 ** 23;
const tooMany = { name: 'ImportError', code: 'value' };

t.test('constants that are only described have an allowance together', async (t) => {
  const allowance = new Allowance();
  allowance.take('a', FREE - 1);
  allowance.take('b', 1);
  t.throws(() => allowance.take('c', 1), { ...tooMany, message: /^c: expected at most 0 more .*, got 1$/ });
});

t.test('what a model holds adds to it, once', async (t) => {
  const allowance = new Allowance();
  const held = new Float32Array(100);
  allowance.take('a', FREE, [held]);
  allowance.take('b', 1600, [held]);
  t.throws(() => allowance.take('c', 1, [held]), tooMany);
});

t.test('what was computed adds nothing', async (t) => {
  const allowance = new Allowance();
  allowance.take('a', FREE);
  t.throws(() => allowance.take('b', 1, [allowance.made(new Float32Array(100))]), tooMany);
});

t.test('sizes that are none are refused', async (t) => {
  for (const count of [NaN, Infinity, -1]) t.throws(() => new Allowance().take('a', count), ImportError);
});
