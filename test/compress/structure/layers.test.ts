import t from 'tap';
import { cosine, layersAndBlocks, removables, takeOut } from '../../../src/compress/structure/blocks.js';
import { removeLayers } from '../../../src/compress/structure/layers.js';
import type { LayerOptions } from '../../../src/compress/structure/schema.js';
import type { Graph } from '../../../src/graph/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { runReference } from '../../../src/reference/index.js';
import { ensureBackend, type Dataset } from '../../../src/train/index.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random } from '../../helpers/random.js';

t.before(() => ensureBackend());

/** A stem, three residual blocks and a classifier; the second block's branch gives nearly nothing. */
function network(): Graph {
  const builder = new GraphBuilder([4, 4, 2]).add('conv2d', {}, { kernel: [3, 1, 1, 2] }, { name: 'stem' });
  let from = 'stem';
  for (const block of ['one', 'two', 'three']) {
    builder
      .add('conv2d', { activation: 'relu' }, { kernel: [3, 1, 1, 3] }, { name: `${block}/a`, inputs: [from] })
      .add('conv2d', {}, { kernel: [3, 1, 1, 3] }, { name: `${block}/b` })
      .add('add', { activation: 'relu' }, {}, { name: block, inputs: [`${block}/b`, from] });
    from = block;
  }
  const { graph } = builder
    .add('dropout', { rate: 0.5 }, {}, { name: 'drop' })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [2, 3] }, { name: 'scores' });
  const { data } = graph.weights.get('two/b/kernel')!;
  data.forEach((value, i) => (data[i] = value * 1e-3));
  return graph;
}

const DATA: Dataset = (() => {
  const { next } = random();
  const count = 32;
  const split = {
    x: Uint8Array.from({ length: count * 32 }, () => next() * 256),
    y: Uint8Array.from({ length: count }, (_, i) => i % 2),
    count,
  };
  const preprocessing = { scale: 1 / 128, offset: -1 };
  return {
    name: 'noise',
    labels: ['a', 'b'],
    inputShape: [4, 4, 2],
    classes: 2,
    train: split,
    test: split,
    preprocessing,
  };
})();

const OPTIONS: LayerOptions = { remove: [], count: 0, criterion: 'similarity', samples: 32, dense: [] };

const remove = (options: Partial<LayerOptions>, data = DATA): Promise<Graph> =>
  removeLayers(network(), { ...OPTIONS, ...options }, { data, seed: 1 });

const names = ({ nodes }: Graph): string[] => nodes.map(({ name }) => name);

t.test('what may go: residual branches, and nodes whose output has the shape of their input', async (t) => {
  t.same(
    removables(network()).map(({ name, input }) => [name, input]),
    [
      ['one/a', 'stem'],
      ['one/b', 'one/a'],
      ['one', 'stem'],
      ['two/a', 'one'],
      ['two/b', 'two/a'],
      ['two', 'one'],
      ['three/a', 'two'],
      ['three/b', 'three/a'],
      ['three', 'two'],
      ['drop', 'three'],
    ],
  );
  t.notOk(layersAndBlocks(network()).some(({ op }) => op === 'dropout'));
});

t.test('what gives the outputs is no candidate', async (t) => {
  const { graph } = new GraphBuilder([3])
    .add('dense', {}, { kernel: [3, 3] }, { name: 'first' })
    .add('dense', {}, { kernel: [3, 3] }, { name: 'last' })
    .add('softmax');
  t.same(
    layersAndBlocks(graph).map(({ name }) => name),
    ['first'],
  );
});

t.test('add(x, f(x)) becomes x, and keeps its activation', async (t) => {
  const graph = network();
  const smaller = takeOut(
    graph,
    removables(graph).find(({ name }) => name === 'two')!,
  );
  checkGraph(smaller);
  t.same(
    names(smaller).filter((name) => name.startsWith('two')),
    ['two'],
  );
  t.equal(smaller.nodes.find(({ name }) => name === 'two')!.op, 'relu');
  graph.weights.get('two/b/kernel')!.data.fill(0);
  const input = Float32Array.from({ length: 32 }, random().normal);
  t.same(runReference(smaller, [input]), runReference(graph, [input]), 'as with a branch of zeros');
});

t.test('a batch norm goes with its layer', async (t) => {
  const { graph } = new GraphBuilder([3])
    .add('dense', {}, { kernel: [3, 3] }, { name: 'first' })
    .add('batch_norm', {}, { mean: [3], variance: [3] })
    .add('relu', {}, {}, { name: 'relu' })
    .add('dense', {}, { kernel: [2, 3] }, { name: 'last' });
  const smaller = takeOut(graph, removables(graph)[0]);
  checkGraph(smaller);
  t.same(names(smaller), ['relu', 'last']);
});

t.test('by name and by type', async (t) => {
  t.notOk(names(await remove({ remove: ['type:dropout'] })).includes('drop'));
  const smaller = await remove({ remove: ['three*', 'one/a'] });
  t.same(
    smaller.nodes.map(({ name, op }) => `${name} ${op}`),
    [
      'stem conv2d',
      'one/a relu',
      'one/b conv2d',
      'one add',
      'two/a conv2d',
      'two/b conv2d',
      'two add',
      'three relu',
      'drop dropout',
      'global_avg_pool2d11 global_avg_pool2d',
      'scores dense',
    ],
  );
  await t.rejects(remove({ remove: ['stem'] }), /structure.layers.remove: expected patterns of one\/a, /);
});

for (const criterion of ['similarity', 'divergence', 'loss'] as const)
  t.test(`${criterion}: the branch that gives nearly nothing goes first`, async (t) => {
    const dense = ['*/*'];
    const smaller = await remove({ count: 1, criterion, dense });
    const left = names(smaller).filter((name) => name.endsWith('/b'));
    if (criterion === 'loss') t.equal(left.length, 2);
    else t.same(left, ['one/b', 'three/b']);
    t.equal(
      names(await remove({ count: 3, criterion, dense })).filter((name) => name.endsWith('/b')).length,
      0,
    );
    await t.rejects(remove({ count: 4, criterion, dense }), /expected at most the 3 layers and blocks/);
  });

t.test('loss needs labels', async (t) => {
  const split = { ...DATA.train, y: undefined };
  await t.rejects(remove({ count: 1, criterion: 'loss' }, { ...DATA, train: split }), /use "divergence"/);
});

t.test('cosine', async (t) => {
  t.equal(cosine([1, 0], [2, 0]), 1);
  t.equal(cosine([1, 0], [0, 3]), 0);
  t.equal(cosine([0, 0], [0, 3]), 0);
});
