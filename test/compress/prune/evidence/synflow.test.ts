import t from 'tap';
import { collectEvidence, criteria, Pruner } from '../../../../src/compress/prune/index.js';
import type { Graph } from '../../../../src/graph/index.js';
import { selectBackend, type Dataset } from '../../../../src/train/index.js';
import { blobs } from '../../../helpers/blobs.js';
import { GraphBuilder } from '../../../helpers/graphs.js';

t.before(() => selectBackend({ prefer: 'wasm' }));

const data: Dataset = blobs({ inputShape: [6, 6, 2], train: 8 });
const options = { samples: 1, seed: 1 };

async function sums(graph: Graph, weights: string[]): Promise<number[]> {
  const found = await collectEvidence(graph, weights, ['synflow'], data, options);
  return [...found.values()].map((kernel) => criteria.synflow.score(kernel).reduce((a, b) => a + b, 0));
}

t.test('by hand: R = 1 |W2| |W1| 1', async (t) => {
  const { graph } = new GraphBuilder([2])
    .add('dense', { activation: 'relu' }, { kernel: [2, 2], bias: [2] }, { name: 'a' })
    .add('dense', {}, { kernel: [1, 2], bias: [1] }, { name: 'b' });
  graph.weights.get('a/kernel')!.data = Float32Array.of(1, -2, 3, 4);
  graph.weights.get('b/kernel')!.data = Float32Array.of(-5, 6);
  const found = await collectEvidence(graph, ['a/kernel', 'b/kernel'], ['synflow'], data, options);
  // dR/d|a_ji| = |b_j|, dR/d|b_j| = |a_j1| + |a_j2|.
  t.same([...found.get('a/kernel')!.synflow!], [5, 5, 6, 6]);
  t.same([...found.get('b/kernel')!.synflow!], [3, 7]);
  t.same([...criteria.synflow.score(found.get('a/kernel')!)], [5, 10, 18, 24]);
  t.same([...criteria.synflow.score(found.get('b/kernel')!)], [15, 42]);
});

t.test('conservation: every layer of a chain has the same sum of scores', async (t) => {
  const { graph } = new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 2], bias: [8] }, { name: 'conv1' })
    .add('batch_norm', {}, { gamma: [8], beta: [8], mean: [8], variance: [8] })
    .add('relu6')
    .add('avg_pool2d', { size: [2, 2], strides: [2, 2] })
    .add('conv2d', { activation: 'relu6' }, { kernel: [8, 2, 2, 8], bias: [8] }, { name: 'conv2' })
    .add('reshape', {}, {}, { shape: [32] })
    .add('dense', { activation: 'relu' }, { kernel: [16, 32], bias: [16] }, { name: 'fc1' })
    .add('tanh')
    .add('dense', {}, { kernel: [4, 16], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' });
  const [first, ...others] = await sums(graph, [
    'conv1/kernel',
    'conv2/kernel',
    'fc1/kernel',
    'logits/kernel',
  ]);
  t.ok(first > 0);
  for (const other of others) t.ok(Math.abs(other / first - 1) < 1e-4, `${other} and ${first}`);
});

t.test('a network 60 layers deep overflows no f32', async (t) => {
  const builder = new GraphBuilder([8]);
  for (let layer = 0; layer < 60; layer++)
    builder.add('dense', {}, { kernel: [8, 8] }, { name: `fc${layer}` });
  for (const weight of builder.graph.weights.values()) weight.data = new Float32Array(64).fill(0.6);
  const [first, last] = await sums(builder.graph, ['fc0/kernel', 'fc59/kernel']);
  t.ok(first > 0 && first < Infinity && Math.abs(last / first - 1) < 1e-3, `${first}, ${last}`);
});

t.test('step by step no layer is cut off, where magnitude does', async (t) => {
  const { graph } = new GraphBuilder([6, 6, 2], 5)
    .add('reshape', {}, {}, { shape: [72] })
    .add('dense', { activation: 'relu' }, { kernel: [40, 72] }, { name: 'a' })
    .add('dense', { activation: 'relu' }, { kernel: [40, 40] }, { name: 'b' })
    .add('dense', {}, { kernel: [4, 40] }, { name: 'c' });
  const small = graph.weights.get('b/kernel')!;
  small.data = (small.data as Float32Array).map((w) => w / 100);
  const kept = async (criterion: 'magnitude' | 'synflow'): Promise<number[]> => {
    const options = { criterion, block: [1, 1], scope: 'global', sparsity: 0.97, dense: [] } as const;
    const pruner = await Pruner.prepare(graph, { ...options, block: [1, 1], dense: [] }, { data, seed: 1 });
    return (await pruner.masks(graph)).map((mask) => mask.reduce((sum, mark) => sum + mark, 0));
  };
  const total = Math.round(0.03 * (72 * 40 + 40 * 40 + 4 * 40));
  for (const criterion of ['magnitude', 'synflow'] as const) {
    const each = await kept(criterion);
    t.equal(
      each.reduce((a, b) => a + b),
      total,
    );
    t.equal(Math.min(...each) > 0, criterion === 'synflow', `${criterion}: ${each}`);
  }
});

t.test('recurrent layers are refused', async (t) => {
  const { graph } = new GraphBuilder([3, 4]).add(
    'simple_rnn',
    {},
    { kernel: [5, 4], recurrent: [5, 5] },
    { name: 'rnn' },
  );
  await t.rejects(sums(graph, ['rnn/kernel']), /criterion "synflow".*'rnn' \(simple_rnn\)/);
});
