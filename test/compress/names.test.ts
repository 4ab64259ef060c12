import t from 'tap';
import { shortenNames } from '../../src/compress/names.js';
import { trimAttributes } from '../../src/compress/trim.js';
import { checkGraph } from '../../src/ops/check.js';
import { runReference } from '../../src/reference/run.js';
import { perceptron } from '../helpers/graphs.js';

t.test('inputs, outputs and layers keep their names, and the graph its results', (t) => {
  const graph = perceptron([5, 4], [2, 2, 1], 3);
  const short = structuredClone(graph);
  shortenNames(short);
  checkGraph(short);
  t.same([...short.tensors.keys()], ['input', '0', '1', '2', '3', 'scores']);
  t.same([...short.weights.keys()], ['0', '1', '2', '3', '4', '5']);
  t.same(
    short.nodes.map(({ name }) => name),
    graph.nodes.map(({ name }) => name),
  );
  const x = Float32Array.of(1, -1, 0.5, 2);
  t.same(runReference(short, [x]), runReference(graph, [x]));
  t.end();
});

t.test('a kept name that is a number is not given twice', (t) => {
  const graph = perceptron([5], [2, 2, 1], 3);
  graph.tensors.set('1', { ...graph.tensors.get('scores')!, name: '1' });
  graph.tensors.delete('scores');
  graph.nodes.at(-1)!.outputs = graph.outputs = ['1'];
  shortenNames(graph);
  checkGraph(graph);
  t.same([...graph.tensors.keys()].sort(), ['0', '1', '2', '3', 'input']);
  t.end();
});

t.test('layers may lose their names, and attributes that say the default', (t) => {
  const graph = perceptron([5, 4], [2, 2, 1], 3);
  const short = structuredClone(graph);
  trimAttributes(short);
  shortenNames(short, false);
  checkGraph(short);
  t.same(
    short.nodes.map(({ name }) => name),
    ['0', '1', '2', '3', '4'],
  );
  t.same(
    short.nodes.map(({ attributes }) => attributes),
    [{}, { activation: 'relu' }, { activation: 'relu' }, {}, {}],
  );
  const x = Float32Array.of(1, -1, 0.5, 2);
  t.same(runReference(short, [x]), runReference(graph, [x]));
  t.end();
});
