import t from 'tap';
import { collectEvidence } from '../../../../src/compress/prune/index.js';
import { entropy } from '../../../../src/compress/prune/evidence/activations.js';
import type { Graph } from '../../../../src/graph/index.js';
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

function set(graph: Graph, name: string, ...values: number[]): void {
  graph.weights.get(name)!.data = Float32Array.from(values);
}

const options = { samples: 100, seed: 1 };
const near = (a: ArrayLike<number>, b: number[]): boolean =>
  a.length === b.length &&
  b.every((value, i) => Math.abs(a[i] - value) <= 1e-6 * Math.max(1, Math.abs(value)));

t.test('inputs: root mean square of a channel, over samples and positions', async (t) => {
  const { graph } = new GraphBuilder([1, 2, 2]).add('conv2d', {}, { kernel: [1, 1, 2, 2] }, { name: 'conv' });
  // Two samples, two positions, two channels: 1 2 | 3 4 and 5 6 | 7 8.
  const data = samples([1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const found = await collectEvidence(graph, ['conv/kernel'], ['inputNorm'], data, options);
  const norms = [Math.sqrt((1 + 9 + 25 + 49) / 4), Math.sqrt((4 + 16 + 36 + 64) / 4)];
  t.ok(near(found.get('conv/kernel')!.inputNorm!, [...norms, ...norms]));
});

t.test('inputs: with groups, outputs read their group', async (t) => {
  const { graph } = new GraphBuilder([1, 1, 4]).add(
    'conv2d',
    { groups: 2 },
    { kernel: [4, 1, 1, 2] },
    { name: 'conv' },
  );
  const found = await collectEvidence(
    graph,
    ['conv/kernel'],
    ['inputNorm'],
    samples([1, 1, 4], [1, 2, 3, 4]),
    options,
  );
  t.ok(near(found.get('conv/kernel')!.inputNorm!, [1, 2, 1, 2, 3, 4, 3, 4]));
});

t.test('outputs: behind the activation, by hand', async (t) => {
  const { graph } = new GraphBuilder([1])
    .add('dense', {}, { kernel: [2, 1], bias: [2] }, { name: 'fc' })
    .add('relu', {}, {}, { name: 'act' })
    .add('dense', {}, { kernel: [2, 2] }, { name: 'logits' });
  set(graph, 'fc/kernel', 1, 0);
  set(graph, 'fc/bias', 0, 3);
  const data = samples([1], [-1, 2, -5, 4]);
  const found = await collectEvidence(graph, ['fc/kernel'], ['outputs'], data, options);
  const { absoluteMean, zeros, variance, entropy: entropies } = found.get('fc/kernel')!.outputs!;
  // relu(x) is 0, 2, 0, 4 and relu(3) is 3.
  t.ok(near(absoluteMean, [1.5, 3]));
  t.ok(near(zeros, [0.5, 0]));
  t.ok(near(variance, [(0 + 4 + 0 + 16) / 4 - 1.5 ** 2, 0]));
  t.ok(near(entropies, [0.5 * Math.log(2) + 2 * 0.25 * Math.log(4), 0]), 'two in one bin, two alone');
});

t.test('outputs: a channel is averaged over positions; batch norm counts', async (t) => {
  const { graph } = new GraphBuilder([1, 2, 1])
    .add('conv2d', {}, { kernel: [1, 1, 1, 1] }, { name: 'conv' })
    .add('batch_norm', { epsilon: 0 }, { mean: [1], variance: [1], gamma: [1], beta: [1] }, { name: 'norm' })
    .add('relu6', {}, {}, { name: 'act' })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [2, 1] }, { name: 'logits' });
  set(graph, 'conv/kernel', 1);
  set(graph, 'norm/mean', 2);
  set(graph, 'norm/variance', 4);
  set(graph, 'norm/gamma', -4);
  set(graph, 'norm/beta', 0);
  // (x - 2) / 2 * -4: 4, 0 and 8 -> 6, -2 -> 0.
  const data = samples([1, 2, 1], [0, 2, -2, 3]);
  const found = await collectEvidence(graph, ['conv/kernel'], ['outputs', 'gamma'], data, options);
  const { outputs, gamma } = found.get('conv/kernel')!;
  t.ok(near(outputs!.absoluteMean, [2.5]), `${outputs!.absoluteMean}`);
  t.ok(near(outputs!.zeros, [0.5]));
  t.ok(near(outputs!.entropy, [Math.log(2)]), 'samples 2 and 3 differ');
  t.same([...gamma!], [4]);
  await t.rejects(
    collectEvidence(graph, ['logits/kernel'], ['gamma'], data, options),
    /criterion "gamma": expected a batch norm with gamma behind each layer, got none behind 'logits'/,
  );
});

t.test('entropy of a histogram', async (t) => {
  t.equal(entropy([3, 3, 3]), 0);
  const spread = Array.from({ length: 64 }, (_, i) => i);
  t.ok(Math.abs(entropy(spread) - Math.log(32)) < 1e-12, 'two in each of 32 bins');
});
