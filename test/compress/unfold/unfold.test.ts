import t from 'tap';
import { compress } from '../../../src/compress/index.js';
import { unfoldBatchNorm } from '../../../src/compress/unfold/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { prepareForExport } from '../../../src/passes/index.js';
import { runReference } from '../../../src/reference/run.js';
import { Batcher, selectBackend, Trainer, valuesOf } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 64, test: 16, seed: SEED });
const options = { samples: 64, seed: 1 };

/** Convolutions with an activation, before a residual sum, with batch norm already, and one that gives the answer. */
const network = (): Graph =>
  new GraphBuilder([6, 6, 2], 5)
    .add(
      'conv2d',
      { activation: 'relu', pads: [1, 1, 1, 1] },
      { kernel: [6, 3, 3, 2], bias: [6] },
      { name: 'a' },
    )
    .add('depthwise_conv2d', { pads: [1, 1, 1, 1] }, { kernel: [6, 3, 3, 1] }, { name: 'b' })
    .add('add', {}, {}, { inputs: ['a', 'b'], name: 'sum' })
    .add('conv2d', {}, { kernel: [6, 1, 1, 6] }, { name: 'c' })
    .add('batch_norm', {}, { mean: [6], variance: [6], gamma: [6], beta: [6] }, { name: 'norm' })
    .add('conv2d', { activation: 'relu6' }, { kernel: [6, 1, 1, 6] }, { name: 'd' })
    .add('conv2d', {}, { kernel: [4, 6, 6, 6], bias: [4] }, { name: 'e' }).graph;

const samplesOf = (count: number): Float32Array[] =>
  Array.from({ length: count }, (_, i) =>
    Float32Array.from(valuesOf(data.test).subarray(72 * i, 72 * (i + 1)), (v) => v / 255),
  );

t.before(() => selectBackend({ prefer: 'wasm' }));

t.test(`the network computes what it computed (SEED=${SEED})`, async (t) => {
  const graph = network();
  const before = structuredClone(graph);
  const unfolded = await unfoldBatchNorm(graph, data, options);
  t.same(graph, before, 'the graph stays as it is');
  checkGraph(unfolded);
  t.same(
    unfolded.nodes.filter(({ op }) => op === 'batch_norm').map(({ inputs: [input] }) => input),
    ['a', 'b', 'c', 'd'],
  );
  for (const x of samplesOf(8)) {
    const [want] = runReference(graph, [x]);
    const [folded] = runReference(prepareForExport(unfolded), [x]);
    const [got] = runReference(unfolded, [x]);
    const scale = Math.max(...want.map(Math.abs));
    want.forEach((value, i) => {
      if (Math.abs(got[i] - value) > 1e-5 * scale) t.fail(`${got[i]}, not ${value}`);
      if (Math.abs(folded[i] - value) > 1e-5 * scale) t.fail(`folded: ${folded[i]}, not ${value}`);
    });
  }
});

t.test('training starts where the network is: the statistics are those of the samples', async (t) => {
  const graph = new GraphBuilder([6, 6, 2], 7)
    .add('conv2d', { activation: 'relu' }, { kernel: [6, 3, 3, 2], bias: [6] }, { name: 'a' })
    .add('conv2d', {}, { kernel: [5, 4, 4, 6] }, { name: 'b' })
    .add('reshape', {}, {}, { shape: [5] })
    .add('dense', {}, { kernel: [4, 5] }).graph;
  const batch = await new Batcher(data.train, { ...data, batch: 64 }).at(0);
  const trainer = new Trainer(await unfoldBatchNorm(graph, data, options));
  t.ok(trainer.parameters.get('a/gamma')!.trainable);
  const { loss } = new Trainer(graph).gradients(batch).score;
  const got = trainer.gradients(batch).score.loss;
  t.ok(Math.abs(got - loss) < 1e-3 * loss, `${got}, not ${loss}`);
});

t.test('the file is the same network: one convolution each, nothing more', async (t) => {
  const graph = network();
  const plain = await compress(graph, {}, { data, limit: 4 });
  const again = await compress(graph, { unfold: { samples: 32 } }, { data, limit: 4 });
  t.same(
    again.report.final.layers.map(({ name, params }) => [name, params]),
    plain.report.final.layers.map(({ name, params }) => [name, params]),
  );
  t.equal(again.report.final.accuracy, plain.report.final.accuracy);
});
