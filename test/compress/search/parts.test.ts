import t from 'tap';
import { compareFitness, Goal } from '../../../src/compress/search/bound.js';
import { withBudget } from '../../../src/compress/search/budget.js';
import { between } from '../../../src/compress/search/finals.js';
import { paretoFront } from '../../../src/compress/search/pareto.js';
import { spread } from '../../../src/compress/search/sensitivity.js';
import { dimensionsOf, recipeOf } from '../../../src/compress/search/space.js';
import { parseSearch } from '../../../src/compress/search/schema.js';
import { pickSamples, validationSplit } from '../../../src/compress/search/split.js';
import { blobs } from '../../helpers/blobs.js';

t.test('the Pareto front: undominated points by ascending cost, equal ones once', async (t) => {
  const points = [
    [3, 1],
    [1, 3],
    [2, 2],
    [2, 2],
    [3, 3],
    [1, 4],
  ];
  t.same(
    paretoFront(points, (p) => p),
    [
      [1, 3],
      [2, 2],
      [3, 1],
    ],
  );
});

const reference = { bytes: 1000, accuracy: 0.98, latency: 4 };

t.test('bounds as numbers', async (t) => {
  const drop = new Goal({ accuracy: { drop: 0.5 } }, 'bytes', reference);
  t.equal(drop.leastAccuracy, 0.975);
  t.same(drop.fitness({ bytes: 70, accuracy: 0.976 }), { violation: 0, objective: 70 });
  t.ok(drop.fitness({ bytes: 70, accuracy: 0.97 }).violation > 0);
  t.equal(drop.fitness({ bytes: 70, accuracy: 0.97 }, 0.005).violation, 0, 'slack');
  const ratio = new Goal({ ratio: 10 }, 'bytes', reference);
  t.same(ratio.fitness({ bytes: 100, accuracy: 0.9 }), { violation: 0, objective: -0.9 });
  t.same(ratio.fitness({ bytes: 150, accuracy: 0.9 }), { violation: 0.5, objective: -0.9 });
  const latency = new Goal({ latency: { ratio: 0.5 } }, 'bytes', reference);
  t.equal(latency.mostCost, 2);
  t.equal(latency.fitness({ bytes: 1, accuracy: 0.9, latency: 3 }).violation, 0.5);
  t.throws(() => new Goal({ latency: { ms: 1 } }, 'bytes', { bytes: 1, accuracy: 1 }), {
    message: 'search.bound: expected measured layer costs for a search by latency, got none',
  });
});

t.test('what holds the bound comes before what does not, the nearer before the farther', async (t) => {
  const list = [
    { violation: 0.2, objective: 1 },
    { violation: 0, objective: 9 },
    { violation: 0.1, objective: 99 },
    { violation: 0, objective: 8 },
  ];
  t.same(
    list.toSorted(compareFitness).map(({ objective }) => objective),
    [8, 9, 99, 1],
  );
});

t.test('genes become a recipe; a value for all layers stays that of the others', async (t) => {
  const { space } = parseSearch({
    recipe: {},
    bound: { bytes: 1 },
    space: {
      layers: {
        conv: { sparsity: [0.5, 0.6] },
        '*': {
          sparsity: { from: 0.8, to: 0.9, step: 0.05 },
          block: [
            [1, 1],
            [2, 2],
          ],
        },
      },
      recipe: { 'recover.optimizer.learningRate': [0.1, 0.2] },
    },
  });
  const dimensions = dimensionsOf(space, ['conv', 'fc']);
  t.same(
    dimensions.map(({ name, choices }) => [name, choices.length]),
    [
      ['conv.sparsity', 2],
      ['fc.sparsity', 3],
      ['fc.block', 2],
      ['recover.optimizer.learningRate', 2],
    ],
  );
  t.same(
    recipeOf({ prune: { sparsity: 0.7 }, recover: { epochs: 2 } }, dimensions.toSpliced(2, 1), [1, 2, 0]),
    {
      prune: { sparsity: { fc: 0.9, conv: 0.6, '*': 0.7 } },
      recover: { epochs: 2, optimizer: { learningRate: 0.1 } },
    },
  );
  const fc = { name: 'fc.precision', layer: 'fc', key: 'precision', choices: [4] };
  t.same(recipeOf({ quantize: { layers: { '*': 8 } } }, [fc], [0]), {
    quantize: { layers: { '*': 8, fc: 4 } },
  });
  t.throws(() => dimensionsOf(space, ['other']), {
    name: 'SearchError',
    message: /expected patterns of other, got "conv"/,
  });
});

t.test('a budget scales what counts in epochs, then sets values', async (t) => {
  const recipe = {
    prune: { schedule: { begin: 1, end: 10, frequency: 50, layers: { fc: { end: 4 } } } },
    quantize: { train: { epochs: 4 }, weights: { bits: 4 } },
    recover: { epochs: 20, learningRateSchedule: { type: 'cosine', warmup: 2 } },
  };
  t.same(withBudget(recipe, { epochs: 5, set: { 'recover.batch': 32 } }), {
    prune: { schedule: { begin: 0.25, end: 2.5, frequency: 50, layers: { fc: { end: 1 } } } },
    quantize: { train: { epochs: 1 }, weights: { bits: 4 } },
    recover: { epochs: 5, learningRateSchedule: { type: 'cosine', warmup: 0.5 }, batch: 32 },
  });
  t.same(withBudget(recipe, { set: {} }), recipe);
});

t.test('faults of descriptions are named', async (t) => {
  const good = { recipe: {}, bound: { bytes: 9 }, space: { recipe: { 'prune.sparsity': [0.5] } } };
  const says = (change: object, message: string | RegExp): void =>
    void t.throws(() => parseSearch({ ...good, ...change }), { name: 'SearchError', message });
  t.match(parseSearch(good), { trials: 32, strategy: { type: 'evolution', population: 8 } });
  says({ trials: 0 }, 'search.trials: expected a whole number >= 1, got 0');
  says({ bound: { byte: 1 } }, /^search.bound: expected one of .*got \{"byte":1\}$/);
  says({ bound: { accuracy: { drop: 1, least: 0.5 } } }, /^search.bound/);
  says({ space: {} }, 'search.space: expected choices in layers or recipe, got none');
  says({ strategy: { type: 'sensitivity+dp' } }, /^search.space.layers: expected choices for layers/);
  says({ minimize: 'latency' }, /^search.minimize: expected "bytes"/);
  says(
    { strategy: { type: 'genetic' } },
    'search.strategy.type: expected "sensitivity+dp" or "evolution", got "genetic"',
  );
  says(
    { space: { recipe: { 'prune.sparsity': { from: 0, to: 1, step: 1e-9 } } } },
    /a range of 1 to 1000 values/,
  );
});

t.test('places between and along', async (t) => {
  t.same(between(0, 8, 2), [3, 5]);
  t.same(between(4, 4, 3), [4]);
  t.same(spread([0, 1, 2, 10, 19, 20], 0, 5, 3), [0, 3, 5]);
});

const rows = (x: Uint8Array): string[] =>
  Array.from({ length: x.length / 2 }, (_, i) => `${x.subarray(2 * i, 2 * i + 2)}`);

t.test('validation samples are training samples that are not trained with', async (t) => {
  const data = blobs({ inputShape: [2], train: 40, test: 8 });
  const split = validationSplit(data, { seed: 1, validation: 10, samples: 20 });
  t.same([split.train.count, split.test.count], [20, 10]);
  const whole = validationSplit(data, { seed: 1, validation: 10 });
  const used = [...rows(whole.train.x as Uint8Array), ...rows(whole.test.x as Uint8Array)];
  t.same(used.toSorted(), rows(data.train.x as Uint8Array).toSorted());
  t.same(split, validationSplit(data, { seed: 1, validation: 10, samples: 20 }));
  t.notSame(split.test.y, validationSplit(data, { seed: 2, validation: 10 }).test.y);
  t.throws(() => validationSplit(data, { seed: 1, validation: 40 }), {
    message: /fewer than the 40 training samples/,
  });
});

t.test('samples that stay on disk are read by their old numbers', async (t) => {
  const reader = { dtype: 'u8' as const, read: async (n: ArrayLike<number>) => Uint8Array.from(n) };
  const { x, y } = pickSamples({ x: reader, y: Uint8Array.of(5, 6, 7, 8), count: 4 }, Uint32Array.of(3, 1));
  t.same(await (x as typeof reader).read([1, 0]), Uint8Array.of(1, 3));
  t.same(y, Uint8Array.of(8, 6));
});
