/** Foreign engines beside our Graph: the same samples, outputs and layers. */
import * as tf from '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openEngine } from '../../../src/cli/against/engine.js';
import { outputsOfNodes } from '../../../src/cli/against/onnx-outputs.js';
import { randomData } from '../../../src/cli/support/data.js';
import { evaluateExecutors } from '../../../src/cli/support/evaluate.js';
import { openExecutor, type Executor } from '../../../src/cli/support/executor.js';
import { compareLayers } from '../../../src/cli/support/layers.js';
import { graphToOnnx } from '../../../src/bench/onnx/from-graph.js';
import { network } from '../../bench/networks.js';
import { random, SEED } from '../../helpers/random.js';
import { encode } from '../../import/onnx/encode.js';
import { ints, noise, sourceOf, type SmallGraph } from '../../import/tfjs/graphs.js';
import { saveFolder } from '../../import/models.js';

const { layers } = tf;

async function agree(t: Test, engine: Executor, graph: Executor): Promise<void> {
  const data = await randomData(engine.inputShape, 5, SEED);
  const { differences } = await evaluateExecutors([engine, graph], data, {});
  t.ok(differences[0].max_relative < 1e-5, `off by ${differences[0].max_relative}`);
  t.equal(differences[0].agreement, 1);
}

t.test('a tfjs layers-model: outputs and each layer', async (t) => {
  const model = tf.sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 3], activation: 'relu', name: 'conv' }),
      layers.maxPooling2d({ poolSize: 2, name: 'pool' }),
      layers.flatten({ name: 'flat' }),
      layers.dense({ units: 5, activation: 'softmax', name: 'scores' }),
    ],
  });
  const path = await saveFolder(model, t.testdir());
  const graph = await openExecutor(path);
  const engine = await openEngine(path, graph);
  t.match(engine.name, /^tfjs \d/);
  await agree(t, engine, graph);
  const sample = Float32Array.from({ length: 192 }, (_, i) => (i % 7) / 7);
  const rows = await compareLayers(engine, graph, sample, false);
  t.same(
    rows.map(({ name }) => name),
    ['conv', 'pool', 'flat', 'scores'],
  );
  t.ok(rows.every(({ max_relative, jump }) => max_relative < 1e-5 && !jump));
  const other: Executor = {
    ...graph,
    layers: async (x) => {
      const right = await graph.layers!(x);
      const { shape, values } = right.get('pool')!;
      return right.set('pool', { shape, values: values.map((value) => -value) });
    },
  };
  const broken = await compareLayers(engine, other, sample, false);
  t.equal(broken.find(({ jump }) => jump)?.name, 'pool');
  engine.dispose();
  graph.dispose();
});

t.test('onnxruntime: inner tensors become outputs', async (t) => {
  const graph = network(
    [6, 6, 2],
    [
      { op: 'conv2d', kernel: [4, 3, 3, 2], shape: [4, 4, 4] },
      { op: 'relu', shape: [4, 4, 4] },
      { op: 'global_avg_pool2d', shape: [4] },
    ],
    random(),
  );
  const bytes = graphToOnnx(graph);
  const names = outputsOfNodes(bytes);
  t.ok(names.length >= 3);
  const path = join(t.testdir(), 'net.onnx');
  writeFileSync(path, bytes);
  const engine = await openEngine(path, { inputShape: [2, 6, 6] });
  t.match(engine.name, /^onnxruntime/);
  const sample = Float32Array.from({ length: 72 }, (_, i) => Math.sin(i));
  const [scores] = await engine.predict(sample, 1);
  const found = await engine.layers!(sample);
  t.equal(found.size, names.length);
  t.same(found.get(names.at(-1)!.layer)?.values, scores);
  t.equal((await engine.predict(new Float32Array(144), 2))[0].length, 2 * scores.length);
  engine.dispose();
});

t.test('onnxruntime beside the Graph: images out, each layer, an inner tensor as output', async (t) => {
  const r = random();
  const weights = (...dims: number[]) => ({
    dims,
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => r.normal()),
  });
  const bytes = encode(
    {
      inputs: [{ name: 'image', dims: [1, 3, 6, 5] }],
      constants: { w1: weights(4, 3, 3, 3), w2: weights(2, 4, 1, 1) },
      nodes: [
        { op: 'Conv', inputs: ['image', 'w1'], outputs: ['first'], attributes: { pads: [1, 1, 1, 1] } },
        { op: 'Relu', inputs: ['first'], outputs: ['positive'] },
        { op: 'Conv', inputs: ['positive', 'w2'], outputs: ['map'] },
      ],
      outputs: [{ name: 'map', dims: [1, 2, 6, 5] }],
    },
    17,
  );
  const path = join(t.testdir(), 'map.onnx');
  writeFileSync(path, bytes);
  for (const outputs of [undefined, ['positive']]) {
    const graph = await openExecutor(path, { outputs });
    t.same(graph.inputShape, [6, 5, 3]);
    const engine = await openEngine(path, graph, { outputs });
    await agree(t, engine, graph);
    const sample = Float32Array.from({ length: 90 }, () => r.normal());
    const rows = await compareLayers(engine, graph, sample, false);
    t.same(
      rows.map(({ name }) => name),
      outputs ? ['first', 'positive'] : ['first', 'positive', 'map'],
    );
    t.ok(rows.every(({ max_relative }) => max_relative < 1e-5));
    engine.dispose();
    graph.dispose();
  }
});

/** A converter's model.json and shard. */
function writeGraphModel(folder: string, small: SmallGraph): string {
  const { weightSpecs, weightData, ...json } = sourceOf(small);
  const weightsManifest = [{ paths: ['shard.bin'], weights: weightSpecs }];
  writeFileSync(join(folder, 'shard.bin'), new Uint8Array(weightData as ArrayBuffer));
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify({ ...json, weightsManifest }));
  return path;
}

t.test('a tfjs graph-model: outputs and each node, of any batch or of one', async (t) => {
  for (const batch of [-1, 1]) await checkGraphModel(t, batch);
});

async function checkGraphModel(t: Test, batch: number): Promise<void> {
  const r = random();
  const path = writeGraphModel(t.testdir(), {
    inputs: { x: [batch, 6, 6, 2] },
    constants: { w: noise(r, [3, 3, 2, 4]), axes: ints(1, 2) },
    nodes: [
      {
        name: 'conv',
        op: 'Conv2D',
        input: ['x', 'w'],
        attr: { strides: [1, 1, 1, 1], padding: 'SAME', data_format: 'NHWC', dilations: [1, 1, 1, 1] },
      },
      { name: 'relu', op: 'Relu', input: ['conv'] },
      { name: 'mean', op: 'Mean', input: ['relu', 'axes'], attr: { keep_dims: false } },
      { name: 'scores', op: 'Softmax', input: ['mean'] },
    ],
  });
  const graph = await openExecutor(path);
  const engine = await openEngine(path, graph);
  await agree(t, engine, graph);
  const rows = await compareLayers(
    engine,
    graph,
    Float32Array.from({ length: 72 }, () => r.normal()),
    false,
  );
  t.ok(rows.length >= 3);
  t.ok(rows.every(({ max_relative }) => max_relative < 1e-5));
  engine.dispose();
  graph.dispose();
}

t.test('where no engine is, the message says what to do', async (t) => {
  await t.rejects(openEngine('x.keras', { inputShape: [1] }), /expected a model that an engine in Node runs/);
});
