import t from 'tap';
import { createParameters, graphValues, initialize, readBack, setMask } from '../../src/train/index.js';
import { transposed } from '../../src/graph/index.js';
import { untransposed } from '../../src/train/layout.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random, SEED } from '../helpers/random.js';

t.test('transposed puts element [a,b,c] where the permutation says', (t) => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const moved = transposed(data, [2, 3, 4], [2, 0, 1]);
  for (let a = 0; a < 2; a++)
    for (let b = 0; b < 3; b++)
      for (let c = 0; c < 4; c++) t.equal(moved[(c * 2 + a) * 3 + b], data[(a * 3 + b) * 4 + c]);
  t.same(untransposed(moved, [2, 3, 4], [2, 0, 1]), data);
  t.end();
});

t.test(`parameters read back to the same graph (SEED=${SEED})`, (t) => {
  const { graph } = new GraphBuilder([6, 6, 3], SEED)
    .add('conv2d', {}, { kernel: [4, 3, 3, 3], bias: [4] })
    .add('depthwise_conv2d', {}, { kernel: [8, 3, 3, 1] })
    .add('batch_norm', {}, { mean: [8], variance: [8] })
    .add('reshape', {}, {}, { shape: [32] })
    .add('dense', {}, { kernel: [5, 32], bias: [5] });
  const parameters = createParameters(graph);
  t.same(readBack(graph, parameters).weights, graph.weights);
  t.same(parameters.get('conv2d0/kernel')!.shape, [3, 3, 3, 4]);
  t.same(
    [...parameters.values()].filter((p) => !p.trainable).map((p) => p.role),
    ['mean', 'variance'],
  );
  t.end();
});

t.test('constants are kept, not trained', (t) => {
  const { graph } = new GraphBuilder([3], SEED)
    .add('constant', {}, { value: [3] }, { name: 'c', inputs: [] })
    .add('add', {}, {}, { inputs: ['input', 'c'] })
    .add('reshape', {}, {}, { shape: [1, 3] })
    .add('lstm', {}, { kernel: [8, 3], recurrent: [8, 2], initial_h: [2] });
  const parameters = createParameters(graph);
  t.same(
    [...parameters.values()].map((p) => [p.role, p.trainable]),
    [
      ['value', false],
      ['kernel', true],
      ['recurrent', true],
      ['initial_h', false],
    ],
  );
  t.same(readBack(graph, parameters).weights, graph.weights);
  const fresh = initialize(graph, 1);
  t.same(fresh.weights.get('c/value'), graph.weights.get('c/value'));
  t.notSame(fresh.weights.get('lstm3/recurrent'), graph.weights.get('lstm3/recurrent'));
  t.end();
});

t.test('indices are read back as they were', (t) => {
  const { graph } = new GraphBuilder([3], SEED);
  const vector = (name: string, data: Float32Array | Int32Array): void => {
    const dtype = data instanceof Int32Array ? 'i32' : 'f32';
    graph.weights.set(name, { name, shape: [data.length], dtype, data, block: [1, 1] });
  };
  vector('lower', Int32Array.of(0, 1));
  vector('upper', Int32Array.of(1, 2));
  vector('fraction', Float32Array.of(0.5, 0.25));
  const weights = { lower: 'lower', upper: 'upper', fraction: 'fraction' };
  const node = { name: 'n', op: 'interpolate', inputs: ['input'], outputs: ['y'], attributes: { axis: 0 } };
  graph.nodes.push({ ...node, weights });
  graph.tensors.set('y', { name: 'y', shape: [2], dtype: 'f32' });
  const parameters = createParameters(graph);
  t.same(parameters.get('upper')!.values, Float32Array.of(1, 2));
  t.same(readBack(graph, parameters).weights, graph.weights);
  t.end();
});

t.test('a mask in the layout of the graph zeroes the same weights', (t) => {
  const { graph } = new GraphBuilder([6, 6, 3], SEED).add('conv2d', {}, { kernel: [4, 3, 3, 3] });
  const parameter = createParameters(graph).get('conv2d0/kernel')!;
  const { next } = random();
  const mask = Uint8Array.from({ length: 108 }, () => (next() < 0.5 ? 1 : 0));
  setMask(parameter, mask);
  t.same(
    graphValues(parameter),
    Float32Array.from(graph.weights.get('conv2d0/kernel')!.data, (w, i) => w * mask[i]),
  );
  t.end();
});

t.test('int8 weights are not trained', (t) => {
  const { graph } = new GraphBuilder([4], 1).add('dense', {}, { kernel: [2, 4] });
  Object.assign(graph.weights.get('dense0/kernel')!, { dtype: 'i8', data: new Int8Array(8) });
  t.throws(() => createParameters(graph), /weight 'dense0\/kernel': expected f32 to train, got i8/);
  t.end();
});
