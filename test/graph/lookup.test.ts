import t from 'tap';
import {
  consumersOf,
  onlyConsumerOf,
  producerOf,
  tensorOf,
  topologicalOrder,
  transposed,
  usersOf,
  weightOf,
  weightsOf,
} from '../../src/graph/index.js';
import { exampleGraph, nodeNamed } from './example.js';

const names = (nodes: { name: string }[]): string[] => nodes.map((node) => node.name);

t.test('producers, consumers, users', async (t) => {
  const graph = exampleGraph();
  t.equal(producerOf(graph, 'b_out')!.name, 'b');
  t.equal(producerOf(graph, 'x'), undefined);
  t.same(names(consumersOf(graph, 'b_out')), ['c', 'd']);
  t.equal(onlyConsumerOf(graph, 'a_out')!.name, 'b');
  t.equal(onlyConsumerOf(graph, 'b_out'), undefined, 'two read it');
  graph.outputs.push('a_out');
  t.equal(onlyConsumerOf(graph, 'a_out'), undefined, 'the graph outputs it');
  t.same(names(usersOf(graph, 'w')), ['c', 'd']);
});

t.test('tensors and weights by name', async (t) => {
  const graph = exampleGraph();
  t.equal(tensorOf(graph, 'x').name, 'x');
  t.same(weightsOf(graph, nodeNamed(graph, 'c')), { kernel: graph.weights.get('w') });
  t.throws(() => tensorOf(graph, 'nope'), { message: "tensor: expected a name in the graph, got 'nope'" });
  t.throws(() => weightOf(graph, 'nope'), { message: "weight: expected a name in the graph, got 'nope'" });
});

t.test('topologicalOrder', async (t) => {
  const graph = exampleGraph();
  graph.nodes.reverse();
  t.same(names(topologicalOrder(graph)), ['a', 'b', 'c', 'd', 'e']);
  nodeNamed(graph, 'b').inputs = ['e_out'];
  t.throws(() => topologicalOrder(graph), { message: /output leads back to it/ });
  nodeNamed(graph, 'b').inputs = ['nope'];
  t.throws(() => topologicalOrder(graph), { message: "node 'b': nothing produces its input 'nope'" });
});

t.test('transposed', async (t) => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  t.same([...transposed(data, [2, 3], [1, 0])], [1, 4, 2, 5, 3, 6]);
  t.same([...transposed(data, [1, 2, 3], [2, 0, 1])], [1, 4, 2, 5, 3, 6]);
});
