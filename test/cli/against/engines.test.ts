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
  const engine = await openEngine(path, graph.inputShape);
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
      return right.set(
        'pool',
        right.get('pool')!.map((value) => -value),
      );
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
  const engine = await openEngine(path, [2, 6, 6]);
  t.match(engine.name, /^onnxruntime/);
  const sample = Float32Array.from({ length: 72 }, (_, i) => Math.sin(i));
  const [scores] = await engine.predict(sample, 1);
  const found = await engine.layers!(sample);
  t.equal(found.size, names.length);
  t.same(found.get(names.at(-1)!), scores);
  t.equal((await engine.predict(new Float32Array(144), 2))[0].length, 2 * scores.length);
  engine.dispose();
});

t.test('where no engine is, the message says what to do', async (t) => {
  await t.rejects(openEngine('x.keras', [1]), /expected a model that an engine in Node runs/);
});
