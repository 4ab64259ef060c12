import t from 'tap';
import { bestWithin, selections, type Option } from '../../../src/compress/search/knapsack.js';
import { random, SEED } from '../../helpers/random.js';

/** Every selection there is. */
function all(layers: Option[][]): { cost: number; loss: number; choice: number[] }[] {
  return layers.reduce(
    (sums, options) =>
      sums.flatMap((sum) =>
        options.map(({ cost, loss }, i) => ({
          cost: sum.cost + cost,
          loss: sum.loss + loss,
          choice: [...sum.choice, i],
        })),
      ),
    [{ cost: 0, loss: 0, choice: [] as number[] }],
  );
}

t.test(`for every budget as good as trying everything (SEED=${SEED})`, async (t) => {
  const source = random();
  for (let round = 0; round < 30; round++) {
    const layers = Array.from({ length: source.int(1, 5) }, () =>
      Array.from({ length: source.int(1, 5) }, () => ({ cost: source.int(-5, 20), loss: source.int(0, 30) })),
    );
    const front = selections(layers);
    const every = all(layers);
    for (let budget = -25; budget <= 100; budget += 3) {
      const fits = every.filter(({ cost }) => cost <= budget);
      const least = fits.length > 0 ? Math.min(...fits.map(({ loss }) => loss)) : undefined;
      t.equal(bestWithin(front, budget)?.loss, least);
    }
    for (const { cost, loss, choice } of front) {
      const own = choice.map((option, layer) => layers[layer][option]);
      t.equal(
        own.reduce((sum, option) => sum + option.cost, 0),
        cost,
      );
      t.equal(
        own.reduce((sum, option) => sum + option.loss, 0),
        loss,
      );
    }
  }
});

t.test('many layers: costs are rounded, losses stay near the best', async (t) => {
  const source = random();
  const layers = Array.from({ length: 40 }, () =>
    Array.from({ length: 8 }, (_, i) => ({ cost: 8 - i + source.next(), loss: i * i * source.next() })),
  );
  const front = selections(layers);
  t.ok(front.length <= 4097 * 8);
  for (let i = 1; i < front.length; i++)
    t.ok(front[i].cost > front[i - 1].cost && front[i].loss < front[i - 1].loss);
});

t.test('options that fail are never chosen; a layer without options is refused', async (t) => {
  const failed = { cost: Infinity, loss: Infinity };
  t.same(selections([[failed, { cost: 1, loss: 2 }]]), [{ cost: 1, loss: 2, choice: [1] }]);
  t.same(selections([[failed]]), []);
  t.throws(() => selections([[]]), { message: 'layer 0: expected at least one option, got none' });
});
