import t from 'tap';
import { removeDeadUnits } from '../../../src/compress/prune/dead-units.js';
import { countKept } from '../../../src/compress/prune/index.js';
import { cloneGraph, elements, type Graph } from '../../../src/graph/index.js';
import { selectBackend } from '../../../src/train/index.js';
import { trainForwardArrays } from '../../helpers/forward.js';
import { GraphBuilder, lenet5 } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

const kept = (model: Graph): number => [...model.weights.values()].reduce((sum, w) => sum + countKept(w), 0);

/** input [2] -> a [3, relu] -> b [2] */
function small(): Graph {
  const { graph } = new GraphBuilder([2])
    .add('dense', { activation: 'relu' }, { kernel: [3, 2], bias: [3] }, { name: 'a' })
    .add('dense', {}, { kernel: [2, 3], bias: [2] }, { name: 'b' });
  // Unit 0 is read, unit 1 has no inputs, unit 2 is not read.
  graph.weights.get('a/kernel')!.data.set([1, 2, 0, 0, 5, 6]);
  graph.weights.get('a/bias')!.data.set([0.5, 2, 3]);
  graph.weights.get('b/kernel')!.data.set([1, 10, 0, -1, 0, 0]);
  graph.weights.get('b/bias')!.data.set([0.25, 0]);
  return graph;
}

t.test('a unit without inputs goes into the next bias, one without readers goes', (t) => {
  const graph = small();
  removeDeadUnits(graph);
  const values = (name: string): number[] => [...graph.weights.get(name)!.data];
  t.same(values('a/kernel'), [1, 2, 0, 0, 0, 0]);
  t.same(values('a/bias'), [0.5, 0, 0]);
  t.same(values('b/kernel'), [1, 0, 0, -1, 0, 0]);
  t.same(values('b/bias'), [20.25, 0]);
  t.end();
});

t.test('what else is read stays', (t) => {
  const shared = small();
  shared.outputs.push('a');
  const before = cloneGraph(shared);
  removeDeadUnits(shared);
  t.same(shared, before, "the graph gives the unit's value");
  const padded = new GraphBuilder([4, 4, 1])
    .add('conv2d', { activation: 'relu' }, { kernel: [1, 1, 1, 1], bias: [1] }, { name: 'a' })
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [1, 3, 3, 1], bias: [1] }, { name: 'b' }).graph;
  padded.weights.get('a/kernel')!.data.fill(0);
  padded.weights.get('a/bias')!.data.fill(1);
  const image = cloneGraph(padded);
  removeDeadUnits(padded);
  t.same(padded, image, 'padding makes edges of a constant image');
  padded.weights.get('a/bias')!.data.fill(-1);
  removeDeadUnits(padded);
  t.equal(countKept(padded.weights.get('b/kernel')!), 0, 'relu made it zero');
  t.end();
});

t.test(`LeNet-5 gives the same, with fewer weights (SEED=${SEED})`, (t) => {
  const { next, normal } = random();
  const graph = lenet5([6, 8, 30]);
  for (const [name, { data }] of graph.weights) {
    if (name.endsWith('kernel')) data.forEach((_, i) => next() < 0.97 && (data[i] = 0));
  }
  const pruned = cloneGraph(graph);
  removeDeadUnits(pruned);
  t.ok(kept(pruned) < kept(graph), `${kept(graph)} to ${kept(pruned)}`);
  const again = cloneGraph(pruned);
  removeDeadUnits(again);
  t.equal(kept(again), kept(pruned), 'once is enough');
  const input = Float32Array.from({ length: elements([28, 28, 1]) }, normal);
  const [got] = trainForwardArrays(pruned, [input]);
  const [want] = trainForwardArrays(graph, [input]);
  want.forEach((value, i) => t.ok(Math.abs(got[i] - value) <= 1e-6, `${i}: ${got[i]}, expected ${value}`));
  t.end();
});
