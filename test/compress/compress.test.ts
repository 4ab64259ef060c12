import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { graphHash } from '../../src/compress/checkpoint.js';
import { compress, type CompressOptions, type CompressProgress } from '../../src/compress/index.js';
import { blockGrid, forEachElement, keptBlocks } from '../../src/compress/prune/index.js';
import { readLop } from '../../src/format/index.js';
import type { Graph, Weight } from '../../src/graph/index.js';
import { runReference } from '../../src/reference/run.js';
import { fit, initialize, selectBackend, valuesOf, type Dataset } from '../../src/train/index.js';
import { blobs } from '../helpers/blobs.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { SEED } from '../helpers/random.js';

const data: Dataset = blobs({ inputShape: [6, 6, 2], train: 160, test: 96, seed: SEED });
let dense: Graph;

/** Two convolutions, batch norm, dropout and two dense layers. */
const network = () =>
  new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 2] }, { name: 'conv1' })
    .add('batch_norm', {}, { gamma: [8], beta: [8], mean: [8], variance: [8] })
    .add('relu')
    .add('max_pool2d', { size: [2, 2], strides: [2, 2] })
    .add('conv2d', { activation: 'relu' }, { kernel: [8, 2, 2, 8], bias: [8] }, { name: 'conv2' })
    .add('dropout', { rate: 0.1 })
    .add('reshape', {}, {}, { shape: [32] })
    .add('dense', { activation: 'relu' }, { kernel: [16, 32], bias: [16] }, { name: 'fc1' })
    .add('dense', {}, { kernel: [4, 16], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' }).graph;

const recipe = {
  name: 'test',
  prune: { sparsity: 0.75, dense: ['logits'], schedule: { end: 1.5, frequency: 3 } },
  recover: { epochs: 2, batch: 16, optimizer: { type: 'adam', learningRate: 0.003 } },
  quantize: { activations: { samples: 64 } },
};

t.before(async () => {
  await selectBackend({ prefer: 'wasm' });
  const options = { epochs: 6, batch: 16, learningRate: 0.01, statisticsMomentum: 0.8 };
  dense = (await fit(initialize(network(), 2), data, options)).graph;
});

const kernelOf = (model: Graph, layer: string): Weight =>
  model.weights.get(model.nodes.find(({ name }) => name === layer)!.weights.kernel)!;

/** How many blocks of a kernel hold a weight. */
function keptOf(weight: Weight, block: [number, number]): { kept: number; blocks: number } {
  const grid = blockGrid(weight.shape, block);
  const kept = new Set<number>();
  forEachElement(grid, (element, index) => {
    if (weight.data[element] !== 0) kept.add(index);
  });
  return { kept: kept.size, blocks: grid.count };
}

t.test('a file, and a report that fits it', async (t) => {
  const phases = new Set<string>();
  const onProgress = ({ phase, done, total }: CompressProgress): void => {
    phases.add(phase);
    t.ok(done <= total);
  };
  const { bytes, report } = await compress(dense, recipe, { data, onProgress });
  t.same([...phases], ['baseline', 'recover', 'calibrate', 'evaluate']);
  const model = readLop(bytes);
  t.match(report, {
    steps: 20,
    file_bytes: bytes.length,
    baseline: { count: 96, dense_f32_bytes: 4 * report.baseline.params },
  });
  t.ok(report.baseline.accuracy! > 0.9, `dense ${report.baseline.accuracy}`);
  t.ok(report.final.accuracy! > 0.8, `after ${report.final.accuracy}`);
  t.same(
    report.final.layers.map(({ name }) => name),
    ['conv1', 'conv2', 'fc1', 'logits'],
  );
  t.match(model.metadata, {
    labels: data.labels,
    preprocessing: data.preprocessing,
    recipe: { name: 'test', sha256: /^[0-9a-f]{16}$/ },
    data: { name: 'blobs', sha256: /^[0-9a-f]{16}$/ },
    provenance: { sha256: graphHash(dense).slice(0, 16) },
    seed: 1,
    backend: 'wasm',
    accuracy: Number(report.final.accuracy!.toFixed(4)),
    sparsity: Number(report.sparsity.toFixed(4)),
  });
  const x = Float32Array.from(valuesOf(data.test).subarray(0, 72), (pixel) => pixel / 255);
  const [scores] = runReference(model, [x]);
  t.ok(Math.abs((scores as Float32Array).reduce((a: number, b: number) => a + b) - 1) < 1e-6);
});

t.test('the file holds the sparsity that the recipe asks for, in every layer and block', async (t) => {
  const blocks: [number, number][] = [
    [1, 1],
    [1, 2],
    [2, 2],
    [4, 2],
  ];
  for (const block of blocks) {
    const prune = { sparsity: { 'conv*': 0.5, fc1: 0.8 }, block };
    const { bytes, report } = await compress(dense, { ...recipe, prune, recover: { epochs: 1 } }, { data });
    const model = readLop(bytes);
    for (const [layer, sparsity] of [
      ['conv1', 0.5],
      ['conv2', 0.5],
      ['fc1', 0.8],
    ] as const) {
      const kernel = kernelOf(model, layer);
      const { kept, blocks } = keptOf(kernel, block);
      t.same(kernel.block, block);
      // A kept weight may round to 0, so that the file may hold less than the mask.
      t.ok(kept <= keptBlocks(blocks, sparsity), `${layer} ${block}: ${kept} of ${blocks}`);
      t.ok(kept >= keptBlocks(blocks, sparsity) - 0.05 * blocks, `${layer} ${block}: ${kept} of ${blocks}`);
      const reported = report.final.layers.find(({ name }) => name === layer)!;
      t.equal(reported.kept, Array.from(kernel.data).filter((w) => w !== 0).length);
    }
    t.ok(keptOf(kernelOf(model, 'logits'), block).kept > 0);
  }
});

t.test('an f32 file has exactly the sparsity asked for; global scope over all layers', async (t) => {
  for (const criterion of ['magnitude', 'lamp']) {
    const prune = { sparsity: 0.9, scope: 'global', criterion };
    const { bytes, report } = await compress(dense, { prune }, { data });
    const model = readLop(bytes);
    const layers = ['conv1', 'conv2', 'fc1', 'logits'].map((name) => keptOf(kernelOf(model, name), [1, 1]));
    const blocks = layers.reduce((sum, layer) => sum + layer.blocks, 0);
    t.equal(
      layers.reduce((sum, layer) => sum + layer.kept, 0),
      keptBlocks(blocks, 0.9),
    );
    t.ok(Math.abs(report.sparsity - 0.9) < 1 / blocks);
    t.equal(kernelOf(model, 'fc1').dtype, 'f32');
    t.equal(report.steps, 0);
  }
});

t.test('no prune, no recovery: the dense network in int8', async (t) => {
  const { report } = await compress(dense, { quantize: {} }, { data });
  t.ok(report.sparsity < 0.02, `${report.sparsity}`);
  t.ok(Math.abs(report.final.accuracy! - report.baseline.accuracy!) <= 0.03);
});

const compressed = async (seed: number): Promise<Uint8Array> =>
  (await compress(dense, { ...recipe, seed }, { data, limit: 8 })).bytes;

t.test('the same seed gives the same bytes, another one others', async (t) => {
  const first = await compressed(3);
  t.same(await compressed(3), first);
  t.notSame(await compressed(4), first);
});

t.test('cut off in the middle of an epoch and resumed: the same bytes', async (t) => {
  const folder = join(t.testdir(), 'checkpoint');
  const whole = await compress(dense, recipe, { data });
  for (const stopAt of [7, 10, 17]) {
    const controller = new AbortController();
    const onProgress = ({ phase, done }: CompressProgress): void => {
      if (phase === 'recover' && done === stopAt) controller.abort(new Error('Ctrl-C'));
    };
    const options: CompressOptions = { data, checkpoint: { folder } };
    const cut = compress(dense, recipe, { ...options, onProgress, signal: controller.signal });
    await t.rejects(cut, { message: 'Ctrl-C' });
    t.same(readdirSync(folder), ['training.ckpt']);
    const resumed = await compress(dense, recipe, { data, checkpoint: { folder, resume: true } });
    t.equal(resumed.report.resumed_at, stopAt);
    t.same(resumed.bytes, whole.bytes, `cut off after step ${stopAt}`);
    t.notOk(existsSync(join(folder, 'training.ckpt')), 'a finished run leaves no checkpoint');
  }
});

t.test('resuming where nothing was saved starts afresh', async (t) => {
  const checkpoint = { folder: join(t.testdir(), 'none'), resume: true };
  const { report } = await compress(dense, { quantize: {} }, { data, checkpoint });
  t.equal(report.resumed_at, undefined);
});

t.test('an evaluator of the caller measures the very file', async (t) => {
  const seen: number[] = [];
  const { bytes, report } = await compress(
    dense,
    { quantize: {} },
    {
      data,
      limit: 10,
      evaluateFile: async (file, _data, { limit }) => {
        seen.push(file.length, limit!);
        return { accuracy: 0.125, top5: 0.5, count: 10 };
      },
    },
  );
  t.equal(report.final.accuracy, 0.125);
  t.equal(seen[1], 10);
  t.ok(bytes.length - seen[0] < 40, 'only the accuracy was added');
});

t.test('data, graph and recipe that do not fit', async (t) => {
  const fails = (change: Partial<Dataset>, message: RegExp): Promise<unknown> =>
    t.rejects(compress(dense, recipe, { data: { ...data, ...change } }), { message });
  await fails(
    { inputShape: [3, 3, 1] },
    /data: expected samples of 72 values, as the input 'input' \[6,6,2\] takes, got 9 \[3,3,1\] of blobs/,
  );
  await fails({ classes: 9 }, /data: expected at most 4 classes, got 9/);
  await fails({ test: { ...data.test, count: 0 } }, /expected samples in the test split of blobs, got none/);
  await t.rejects(compress(dense, { prune: { sparsity: 0.5, dense: ['*'] } }, { data }), {
    message: /expected at least one layer to prune/,
  });
  await t.rejects(compress(dense, { sparsity: 1 }, { data }), { name: 'RecipeError' });
});

t.test('without training: no labels, one split, the names of the source stay', async (t) => {
  const quantized = { quantize: { activations: { samples: 32 } } };
  const unlabelled: Dataset = {
    ...data,
    classes: 0,
    labels: [],
    train: { x: new Uint8Array(0), count: 0 },
    test: { ...data.test, y: undefined },
  };
  const source = { ...dense, metadata: { labels: ['north', 'east', 'south', 'west'] } };
  const { bytes, report } = await compress(source, quantized, { data: unlabelled, limit: 50 });
  const { agreement, ...final } = report.final;
  t.ok(agreement! > 0.9, `the same class for ${agreement}`);
  t.equal(final.count, 50);
  t.equal(final.accuracy, undefined);
  t.equal(report.baseline.accuracy, undefined);
  const { metadata } = readLop(bytes);
  t.same(metadata['labels'], source.metadata.labels);
  t.equal(metadata['accuracy'], undefined);
  await t.rejects(compress(dense, recipe, { data: unlabelled }), {
    name: 'RangeError',
    message: /expected samples in the train split/,
  });
  await t.rejects(compress(dense, recipe, { data: { ...unlabelled, train: unlabelled.test } }), {
    name: 'RangeError',
    message: /expected labelled samples to train with.*leave recover out/,
  });
});

t.test('a product with a constant is a layer to prune', async (t) => {
  const { graph } = new GraphBuilder([6, 6, 2], SEED)
    .add('reshape', {}, {}, { shape: [1, 72] })
    .add('constant', {}, { value: [72, 4] }, { name: 'c', inputs: [] })
    .add('matmul', {}, {}, { inputs: ['reshape0', 'c'], name: 'scores' })
    .add('reshape', {}, {}, { shape: [4] });
  const before = structuredClone(graph);
  const { report } = await compress(graph, { prune: { sparsity: 0.5 } }, { data });
  t.same(graph, before, 'the graph stays');
  t.match(report.final.layers, [{ op: 'dense', params: 288, kept: 144 }]);
});
