import t from 'tap';
import {
  cloneGraph,
  insertAfter,
  removeNode,
  removeUnused,
  replaceTensor,
  setWeight,
  uniqueName,
  validateGraph,
} from '../../src/graph/index.js';
import { exampleGraph, nodeNamed } from './example.js';

t.test('cloneGraph shares nothing', async (t) => {
  const graph = exampleGraph();
  const copy = cloneGraph(graph);
  t.same(copy, graph);
  copy.weights.get('w')!.data[0] = 9;
  (copy.nodes[0].attributes.pads as number[])[0] = 9;
  (copy.metadata.labels as string[])[0] = 'dog';
  copy.tensors.get('x')!.shape[0] = 9;
  t.same(graph, exampleGraph());
});

t.test('removeNode: its readers read its input', async (t) => {
  const graph = exampleGraph();
  removeNode(graph, nodeNamed(graph, 'b'));
  t.same(nodeNamed(graph, 'c').inputs, ['a_out']);
  t.same(nodeNamed(graph, 'd').inputs, ['a_out']);
  t.notOk(graph.tensors.has('b_out'));
  validateGraph(graph);
});

t.test('removeNode at the end: the graph outputs its input', async (t) => {
  const graph = exampleGraph();
  removeNode(graph, nodeNamed(graph, 'e'));
  t.same(graph.outputs, ['c_out']);
});

t.test('replaceTensor, then removeUnused drops what nobody reads', async (t) => {
  const graph = exampleGraph();
  replaceTensor(graph, 'd_out', 'b_out');
  replaceTensor(graph, 'c_out', 'b_out');
  removeUnused(graph);
  t.same(
    graph.nodes.map((node) => node.name),
    ['a', 'b', 'e'],
  );
  t.same([...graph.tensors.keys()], ['x', 'a_out', 'b_out', 'e_out']);
  t.equal(graph.weights.size, 0);
  validateGraph(graph);
});

const output = (name: string) => ({ name, shape: [2], dtype: 'f32' as const });

t.test('insertAfter: behind a producer, an input, or for some readers only', async (t) => {
  const graph = exampleGraph();
  const relu = insertAfter(graph, 'b_out', { op: 'relu', name: 'relu', output: output('r') });
  t.same(nodeNamed(graph, 'd').inputs, ['r']);
  t.same(relu.inputs, ['b_out']);
  const readers = [nodeNamed(graph, 'c')];
  insertAfter(graph, 'r', { op: 'relu', name: 'other', output: output('s'), readers });
  t.same([nodeNamed(graph, 'c').inputs, nodeNamed(graph, 'd').inputs], [['s'], ['r']]);
  insertAfter(graph, 'x', { op: 'quantize', name: 'first', output: output('q') });
  insertAfter(graph, 'e_out', { op: 'dequantize', name: 'last', output: output('z') });
  t.same(graph.outputs, ['z']);
  t.same(
    graph.nodes.map((node) => node.name),
    ['first', 'a', 'b', 'relu', 'other', 'c', 'd', 'e', 'last'],
  );
  validateGraph(graph);
  const again = { op: 'relu', name: 'relu', output: output('new') };
  t.throws(() => insertAfter(graph, 'x', again), { message: "node 'relu': the name is taken" });
  t.throws(() => insertAfter(graph, 'x', { ...again, output: output('q') }), {
    message: /tensor 'q': the name/,
  });
});

t.test('setWeight and uniqueName', async (t) => {
  const graph = exampleGraph();
  t.equal(uniqueName(graph.weights, 'w'), 'w_1');
  t.equal(uniqueName(graph.weights, 'v'), 'v');
  const weight = { ...graph.weights.get('w')!, name: 'v' };
  setWeight(graph, nodeNamed(graph, 'c'), 'kernel', weight);
  t.same([nodeNamed(graph, 'c').weights.kernel, nodeNamed(graph, 'd').weights.kernel], ['v', 'w']);
});
