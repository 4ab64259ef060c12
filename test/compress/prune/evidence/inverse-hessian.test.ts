import t from 'tap';
import { collectEvidence, criteria } from '../../../../src/compress/prune/index.js';
import { selectBackend, type Dataset } from '../../../../src/train/index.js';
import { GraphBuilder } from '../../../helpers/graphs.js';

t.before(() => selectBackend({ prefer: 'wasm' }));

function samples(inputShape: number[], x: number[]): Dataset {
  const count = x.length / inputShape.reduce((a, b) => a * b);
  const split = { x: Float32Array.from(x), count };
  return {
    name: 'hand',
    inputShape,
    classes: 2,
    labels: [],
    train: split,
    test: split,
    preprocessing: { scale: 1, offset: 0 },
  };
}

const options = { samples: 100, seed: 1 };

t.test('by hand: of [[a, b], [b, c]], damped, it is [c, a] / (a c - b^2)', async (t) => {
  const { graph } = new GraphBuilder([2]).add('dense', {}, { kernel: [3, 2] }, { name: 'fc' });
  const found = await collectEvidence(
    graph,
    ['fc/kernel'],
    ['inverseHessian'],
    samples([2], [1, 2, 3, 1]),
    options,
  );
  // E[x x'] = [[5, 2.5], [2.5, 2.5]], and 1 % of the mean diagonal, 0.0375.
  const [a, b, c] = [5.0375, 2.5, 2.5375];
  const expected = [c, a].map((value) => value / (a * c - b * b));
  const { inverseHessian } = found.get('fc/kernel')!;
  for (let i = 0; i < 6; i++) t.ok(Math.abs(inverseHessian![i] / expected[i % 2] - 1) < 1e-5);
});

t.test(
  'inputs that say the same: either weight may go, where magnitude and OBD see two that matter',
  async (t) => {
    const { graph } = new GraphBuilder([3]).add('dense', {}, { kernel: [1, 3] }, { name: 'fc' });
    graph.weights.get('fc/kernel')!.data = Float32Array.of(2, 2, 1);
    // x1 = x2, x3 is another matter: sum of errors E[(w x)^2] that others cannot make up for.
    const data = samples([3], [1, 1, 1, -1, -1, 1, 2, 2, -1, -2, -2, -1]);
    const found = await collectEvidence(graph, ['fc/kernel'], ['inverseHessian'], data, options);
    const [first, second, third] = criteria.obs.score(found.get('fc/kernel')!);
    t.ok(first < third && second < third, `${first}, ${second} < ${third}`);
  },
);

t.test('convolutions: taps and groups as the kernel lies', async (t) => {
  const { graph } = new GraphBuilder([1, 2, 4]).add(
    'conv2d',
    { groups: 2 },
    { kernel: [2, 1, 1, 2] },
    { name: 'conv' },
  );
  // Channels do not correlate: E[x^2] is 1, 4 | 9, 16.
  const data = samples([1, 2, 4], [1, 2, 3, 4, 1, -2, 3, -4]);
  const found = await collectEvidence(graph, ['conv/kernel'], ['inverseHessian'], data, options);
  const expected = [1 + 0.025, 4 + 0.025, 9 + 0.125, 16 + 0.125].map((h) => 1 / h);
  const { inverseHessian } = found.get('conv/kernel')!;
  expected.forEach((value, i) =>
    t.ok(Math.abs(inverseHessian![i] / value - 1) < 1e-5, `${inverseHessian![i]}`),
  );
});

t.test('only layers that multiply patches', async (t) => {
  const { graph } = new GraphBuilder([3, 4]).add(
    'simple_rnn',
    {},
    { kernel: [5, 4], recurrent: [5, 5] },
    { name: 'rnn' },
  );
  const data = samples(
    [3, 4],
    Array.from({ length: 12 }, (_, i) => i),
  );
  await t.rejects(
    collectEvidence(graph, ['rnn/kernel'], ['inverseHessian'], data, options),
    /criterion "obs": expected convolutions and dense layers, got 'rnn'/,
  );
});
