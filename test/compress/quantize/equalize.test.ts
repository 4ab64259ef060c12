import t from 'tap';
import { channelPairs } from '../../../src/compress/quantize/channel-pairs.js';
import { channelRanges, equalize, type EqualizeBy } from '../../../src/compress/quantize/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { runReference } from '../../../src/reference/run.js';
import { selectBackend, valuesOf } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 32, test: 8, seed: SEED });
const options = { samples: 32, seed: 1 };

t.before(() => selectBackend({ prefer: 'wasm' }));

const network = (activation: string): Graph =>
  new GraphBuilder([6, 6, 2], SEED)
    .add('conv2d', { pads: [1, 1, 1, 1], activation }, { kernel: [8, 3, 3, 2], bias: [8] })
    .add('depthwise_conv2d', { activation }, { kernel: [16, 3, 3, 1], bias: [16] })
    .add('max_pool2d', { size: [2, 2], strides: [2, 2] })
    .add('conv2d', { activation }, { kernel: [6, 1, 1, 16], bias: [6] })
    .add('reshape', {}, {}, { shape: [24] })
    .add('dense', {}, { kernel: [4, 24], bias: [4] }).graph;

const inputs = Array.from({ length: data.train.count }, (_, i) =>
  Float32Array.from(valuesOf(data.train).subarray(72 * i, 72 * (i + 1)), (pixel) => pixel / 255),
);

/** Greatest difference of outputs, relative to the greatest output. */
function difference(a: Graph, b: Graph): number {
  let [most, apart] = [0, 0];
  for (const x of inputs) {
    const [want, got] = [runReference(a, [x])[0], runReference(b, [x])[0]];
    want.forEach((value, i) => {
      most = Math.max(most, Math.abs(value));
      apart = Math.max(apart, Math.abs(value - got[i]));
    });
  }
  return apart / most;
}

t.test('pairs: through pools and flattening; not sums, shared kernels or outputs', async (t) => {
  const graph = network('relu');
  t.same(
    channelPairs(graph).map(({ producer, consumers }) => [
      producer.name,
      ...consumers.map(({ name }) => name),
    ]),
    [
      ['conv2d0', 'depthwise_conv2d1'],
      ['depthwise_conv2d1', 'conv2d3'],
      ['conv2d3', 'dense5'],
    ],
  );
  const residual = new GraphBuilder([4, 4, 2])
    .add('conv2d', {}, { kernel: [2, 1, 1, 2] })
    .add('conv2d', {}, { kernel: [2, 1, 1, 2] })
    .add('add', {}, {}, { inputs: ['conv2d0', 'conv2d1'] }).graph;
  t.same(channelPairs(residual), []);
  const shared = new GraphBuilder([4, 4, 2]).add('conv2d', {}, { kernel: [2, 1, 1, 2] });
  shared.add('conv2d', {}, { kernel: [2, 1, 1, 2] });
  shared.graph.nodes[1].weights.kernel = shared.graph.nodes[0].weights.kernel;
  t.same(channelPairs(shared.graph), []);
});

t.test('by hand: r1 = 4 and 1, r2 = 1 and 4, so s = 2 and 1/2 make both 2', async (t) => {
  const { graph } = new GraphBuilder([2])
    .add('dense', { activation: 'relu' }, { kernel: [2, 2], bias: [2] })
    .add('dense', {}, { kernel: [1, 2] });
  graph.weights.get('dense0/kernel')!.data.set([4, 0, 0, -1]);
  graph.weights.get('dense0/bias')!.data.set([2, 3]);
  graph.weights.get('dense1/kernel')!.data.set([1, 4]);
  const ranges = new Map([['dense0', { min: new Float32Array(2), max: Float32Array.of(8, 2) }]]);
  const byWeights = equalize(graph, ranges, 'weights');
  const values = (g: Graph) =>
    ['dense0/kernel', 'dense0/bias', 'dense1/kernel'].map((name) => [...g.weights.get(name)!.data]);
  t.same(values(byWeights), [
    [2, 0, 0, -2],
    [1, 6],
    [2, 2],
  ]);
  const byActivations = equalize(graph, ranges, 'activations');
  t.same(
    values(byActivations),
    [
      [4, 0, 0, -2],
      [2, 6],
      [1, 2],
    ],
    'ranges 8 and 2: s = 1 and sqrt(2 / 8)',
  );
  t.same(values(graph)[0], [4, 0, 0, -1], 'the graph itself stays');
});

for (const activation of ['linear', 'relu', 'relu6'])
  for (const by of ['weights', 'activations'] as EqualizeBy[])
    t.test(`${activation}, ${by}: the same function (SEED=${SEED})`, async (t) => {
      const graph = network(activation);
      const bias = graph.weights.get('conv2d0/bias')!.data;
      bias[0] = 9;
      const before = await channelRanges(graph, data, options);
      const equal = equalize(graph, before, by);
      const apart = difference(graph, equal);
      // Each of some 300 products of a chain of four layers is rounded once more or otherwise.
      t.ok(apart < 300 * 2 ** -24, `${apart}`);
      t.notSame(
        [...equal.weights.get('conv2d0/kernel')!.data],
        [...graph.weights.get('conv2d0/kernel')!.data],
      );
      const after = (await channelRanges(equal, data, options)).get('conv2d0')!;
      if (by === 'activations' && activation === 'relu') {
        const alive = [...after.max].filter((max) => max > 0);
        t.ok(
          Math.max(...alive) < 1.001 * Math.min(...alive),
          'behind a depthwise layer all channels are alike',
        );
      }
      if (activation === 'relu6') t.ok(Math.max(...after.max) <= 6);
    });
