import t from 'tap';
import { best, labelOf, probabilities, topOf } from '../../../../src/server/page/compare/scores.js';

t.test('scores that are probabilities stay, others get a softmax', async (t) => {
  t.same(probabilities([0.25, 0.75]), [0.25, 0.75]);
  const [low, high] = probabilities([0, Math.log(3)]);
  t.ok(Math.abs(low - 0.25) < 1e-12 && Math.abs(high - 0.75) < 1e-12);
  t.same(probabilities([1000, 1000]), [0.5, 0.5], 'large ones do not overflow');
});

t.test('the best, and the best few', async (t) => {
  t.equal(best(Float32Array.of(0.1, 0.7, 0.2)), 1);
  t.same(topOf([0.1, 0.5, 0.2, 0.2], 3), [1, 2, 3]);
  t.equal(labelOf(['cat', 'dog'], 1), 'dog');
  t.equal(labelOf(null, 7), '7');
});
