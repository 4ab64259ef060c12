import t from 'tap';
import { GraphIndex, validateGraph } from '../../src/graph/index.js';
import { GraphBuilder } from '../helpers/graphs.js';

function chain() {
  const { graph } = new GraphBuilder([4])
    .add('abs', {}, {}, { name: 'a' })
    .add('neg', {}, {}, { name: 'b' })
    .add('add', {}, {}, { name: 'c', inputs: ['a', 'b'] });
  return {
    graph,
    index: new GraphIndex(graph),
    node: (name: string) => graph.nodes.find((n) => n.name === name)!,
  };
}

t.test('who writes and who reads', async (t) => {
  const { index, node } = chain();
  t.equal(index.producerOf('b'), node('b'));
  t.equal(index.producerOf('input'), undefined);
  t.same(index.readersOf('a'), [node('b'), node('c')]);
  t.ok(index.isOnlyReader('b', node('c')));
  t.notOk(index.isOnlyReader('a', node('b')), 'two read it');
  t.notOk(index.isOnlyReader('c', node('c')), 'the graph gives it');
});

t.test('change: what nobody reads any more is gone', async (t) => {
  const { graph, index, node } = chain();
  index.change(node('c'), { op: 'relu', inputs: ['input'] });
  index.commit();
  validateGraph(graph);
  t.same(
    graph.nodes.map(({ op }) => op),
    ['relu'],
  );
  t.same([...graph.tensors.keys()], ['input', 'c']);
});

t.test('insert: nodes stand in order after commit, names are unique', async (t) => {
  const { graph, index, node } = chain();
  const made = index.insert({ name: 'a', op: 'sign', inputs: ['a'], output: { shape: [4], dtype: 'f32' } });
  index.change(node('b'), { inputs: made.outputs });
  index.commit();
  validateGraph(graph);
  t.equal(made.name, 'a_1');
  t.same(
    graph.nodes.map(({ op }) => op),
    ['abs', 'sign', 'neg', 'add'],
  );
});

t.test('bypass: an output keeps its name, unless it is an input or output already', async (t) => {
  const { graph, index, node } = chain();
  index.bypass(node('c'));
  index.commit();
  validateGraph(graph);
  t.same(graph.outputs, ['c']);
  t.same(
    graph.nodes.map(({ name, outputs }) => [name, outputs[0]]),
    [['a', 'c']],
  );
  const other = chain();
  for (const name of ['c', 'a']) other.index.bypass(other.node(name));
  other.index.commit();
  t.same(other.graph.outputs, ['input']);
  t.same(other.graph.nodes, []);
});

t.test('setWeight: a shared weight stays the others', async (t) => {
  const { graph } = new GraphBuilder([2])
    .add('dense', {}, { kernel: [2, 2] }, { name: 'a' })
    .add('dense', {}, { kernel: [2, 2] }, { name: 'b' });
  graph.nodes[1].weights.kernel = 'a/kernel';
  const index = new GraphIndex(graph);
  const data = new Float32Array(4);
  index.setWeight(graph.nodes[1], 'kernel', { ...graph.weights.get('a/kernel')!, data });
  index.commit();
  validateGraph(graph);
  t.equal(graph.weights.get(graph.nodes[1].weights.kernel)!.data, data);
  t.not(graph.weights.get('a/kernel')!.data, data);
});
