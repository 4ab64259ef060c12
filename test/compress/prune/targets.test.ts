import t from 'tap';
import { pruneTargets, type PruneOptions } from '../../../src/compress/prune/index.js';
import { matches } from '../../../src/compress/pattern.js';
import { GraphBuilder, perceptron } from '../../helpers/graphs.js';

const options = (changes: Partial<PruneOptions>): PruneOptions => {
  return { criterion: 'magnitude', block: [1, 1], scope: 'layer', sparsity: 0.9, dense: [], ...changes };
};

t.test('kernels of dense and convolution, not of depthwise, never a bias', (t) => {
  const { graph } = new GraphBuilder([8, 8, 2])
    .add('conv2d', {}, { kernel: [4, 3, 3, 2], bias: [4] }, { name: 'conv' })
    .add('depthwise_conv2d', {}, { kernel: [4, 3, 3, 1], bias: [4] }, { name: 'dw' })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [3, 4], bias: [3] }, { name: 'fc' });
  t.same(pruneTargets(graph, options({})), [
    { layer: 'conv', op: 'conv2d', weight: 'conv/kernel', sparsity: 0.9 },
    { layer: 'fc', op: 'dense', weight: 'fc/kernel', sparsity: 0.9 },
  ]);
  t.end();
});

t.test('patterns: kept dense, own sparsity, first match', (t) => {
  const graph = perceptron([8, 6], [4], 3);
  const layers = (changes: Partial<PruneOptions>): [string, number][] =>
    pruneTargets(graph, options(changes)).map(({ layer, sparsity }) => [layer, sparsity]);
  t.same(layers({ dense: ['log*'] }), [
    ['fc1', 0.9],
    ['fc2', 0.9],
  ]);
  t.same(layers({ sparsity: { fc1: 0.5, 'fc*': 0.8 } }), [
    ['fc1', 0.5],
    ['fc2', 0.8],
  ]);
  t.throws(() => layers({ dense: ['conv*'] }), {
    message: 'prune.dense: expected patterns of fc1, fc2, logits or a type of dense, got "conv*"',
  });
  t.throws(() => layers({ sparsity: { nothing: 0.5 } }), /prune.sparsity: expected patterns of fc1/);
  t.throws(() => layers({ dense: ['*'] }), /expected at least one layer to prune/);
  t.end();
});

t.test('whole neurons: not of the layers that give the classes', (t) => {
  const { graph } = new GraphBuilder([4, 4, 2])
    .add('conv2d', {}, { kernel: [4, 3, 3, 2] }, { name: 'conv' })
    .add('conv2d', {}, { kernel: [3, 1, 1, 4] }, { name: 'classes' })
    .add('global_avg_pool2d')
    .add('softmax');
  const layers = (unit: 'element' | 'neuron'): string[] =>
    pruneTargets(graph, options({ unit })).map(({ layer }) => layer);
  t.same(layers('element'), ['conv', 'classes']);
  t.same(layers('neuron'), ['conv']);
  t.end();
});

t.test('a shared kernel is one target', (t) => {
  const builder = new GraphBuilder([4])
    .add('dense', {}, { kernel: [4, 4] }, { name: 'a' })
    .add('dense', {}, { kernel: [4, 4] }, { name: 'b' });
  builder.graph.nodes[1].weights.kernel = 'a/kernel';
  t.same(
    pruneTargets(builder.graph, options({})).map(({ layer }) => layer),
    ['a'],
  );
  t.end();
});

t.test('only * is special in a pattern', (t) => {
  t.ok(matches('*', 'anything') && matches('a*c', 'abc') && matches('conv', 'conv'));
  t.notOk(matches('conv', 'conv2') || matches('c.nv', 'conv') || matches('(', 'x'));
  t.ok(matches('block(1)[0]*', 'block(1)[0]/conv'));
  t.end();
});
