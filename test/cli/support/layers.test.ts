import t from 'tap';
import { compareLayers } from '../../../src/cli/support/layers.js';
import type { Executor } from '../../../src/cli/support/executor.js';

const withLayers = (name: string, layers?: Record<string, number[]>): Executor => ({
  name,
  inputShape: [1],
  predict: async () => [],
  layers:
    layers &&
    (async () =>
      new Map(
        Object.entries(layers).map(([key, v]) => [key, { shape: [v.length], values: Float32Array.from(v) }]),
      )),
  dispose: () => undefined,
});
const sample = new Float32Array(1);

const shaped = (shape: number[], values: number[]): Executor => ({
  ...withLayers('shaped'),
  layers: async () => new Map([['x', { shape, values: Float32Array.from(values) }]]),
});

t.test('the first layer far off is pointed at, in execution order', async (t) => {
  const a = withLayers('a', { conv: [1, 2], only: [1], relu: [1, 2], wrong: [2, 4], after: [8, 1] });
  const b = withLayers('b', { after: [1, 8], wrong: [4, 2], relu: [1, 2.00001], conv: [1, 2], other: [7] });
  const rows = await compareLayers(a, b, sample, false);
  t.same(
    rows.map(({ name, max, jump }) => [name, Number(max.toFixed(3)), jump]),
    [
      ['conv', 0, false],
      ['relu', 0, false],
      ['wrong', 2, true],
      ['after', 7, false],
    ],
  );
  t.equal(rows[2].max_relative, 0.5);
});

t.test('a layer with its activation is the nearest of its parts', async (t) => {
  const a = withLayers('a', { scores: [0.25, 0.75] });
  const b = withLayers('b', { scores: [1, 3], 'scores/softmax': [0.25, 0.75], 'scores/size': [1] });
  const [row] = await compareLayers(a, b, sample, false);
  t.match(row, { name: 'scores', max: 0 });
});

t.test('a layer that took those behind it in is compared with the last of them', async (t) => {
  const a = withLayers('a', { conv: [-1, 2], norm: [-2, 4], relu: [0, 4], next: [1, 1], last: [3, 3] });
  const b = withLayers('b', { conv: [0, 4], next: [1, 2], last: [3, 3] });
  const rows = await compareLayers(a, b, sample, false);
  t.match(rows[0], { name: 'conv', until: 'relu', max: 0 });
  t.match(
    rows[1],
    { name: 'next', until: undefined, max: 1, jump: true },
    'a layer that both name is never skipped',
  );
});

t.test('int8 has its own rounding, NaN is infinitely far', async (t) => {
  const a = withLayers('a', { x: [1, 2], y: [1, 1] });
  const b = withLayers('b', { x: [1.1, 2], y: [NaN, 1] });
  const names = async (int8: boolean) =>
    (await compareLayers(a, b, sample, int8)).find(({ jump }) => jump)?.name;
  t.equal(await names(false), 'x');
  t.equal(await names(true), 'y');
  t.same(await compareLayers(a, withLayers('c'), sample, false), []);
});

t.test(
  'channels first beside channels last: by shape, and where that says nothing, the nearer',
  async (t) => {
    const last = shaped([1, 3, 2], [1, 10, 2, 20, 3, 30]);
    t.match(await compareLayers(shaped([2, 1, 3], [1, 2, 3, 10, 20, 30]), last, sample, false), [{ max: 0 }]);
    const square = shaped([2, 2, 2], [1, 10, 2, 20, 3, 30, 4, 40]);
    t.match(await compareLayers(shaped([2, 2, 2], [1, 2, 3, 4, 10, 20, 30, 40]), square, sample, false), [
      { max: 0 },
    ]);
    t.match(await compareLayers(square, square, sample, false), [{ max: 0 }]);
  },
);
