import * as tf from '@tensorflow/tfjs';
import t, { type Test } from 'tap';
import type { Graph } from '../../src/graph/index.js';
import { importModel } from '../../src/import/index.js';
import { checkGraph } from '../../src/ops/check.js';
import { trainForward } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { needsShared, SHARED } from '../helpers/shared.js';
import { randomize, sourceOf } from './models.js';

const { layers } = tf;
const conv = (filters: number, kernelSize: number, more: object = {}) =>
  layers.conv2d({ filters, kernelSize, ...more });

/** Imports the model with random weights and compares its outputs with tf.layers' own. */
async function compare(t: Test, model: tf.LayersModel): Promise<Graph> {
  const r = random();
  const graph = await importModel(await sourceOf(randomize(model, r)));
  checkGraph(graph);
  compareOutputs(t, graph, model, r);
  return graph;
}

/**
 * Both sides run tfjs cpu kernels on the same numbers in f32, and mostly the same kernels: where they do not (padded
 * averages, dense on images) a few sums are rounded in another order, each to 2^-24. 16 such roundings are allowed; 64 for a
 * network of 28 layers.
 */
function compareOutputs(t: Test, graph: Graph, model: tf.LayersModel, r = random(), roundings = 16): void {
  tf.tidy(() => {
    const inputs = graph.inputs.map((name) => {
      const shape = [2, ...graph.tensors.get(name)!.shape];
      return tf.tensor(
        Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => r.normal()),
        shape,
      );
    });
    const wanted = [model.predict(inputs.length === 1 ? inputs[0] : inputs)].flat() as tf.Tensor[];
    const values = trainForward(graph, inputs);
    t.equal(graph.outputs.length, wanted.length);
    graph.outputs.forEach((name, i) => {
      const got = values.get(name)!;
      t.same(got.shape, wanted[i].shape);
      const largest = wanted[i].abs().max().dataSync()[0];
      const difference = tf.sub(got, wanted[i]).abs().max().dataSync()[0];
      t.ok(
        difference <= roundings * 2 ** -24 * largest,
        `${name}: ${difference} of ${largest} (SEED=${SEED})`,
      );
    });
  });
}

t.test('Sequential: convolution, pool, flatten, dense', async (t) => {
  const model = tf.sequential({
    layers: [
      conv(3, 3, { inputShape: [9, 8, 2], activation: 'relu', name: 'first' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.dropout({ rate: 0.25 }),
      layers.flatten(),
      layers.dense({ units: 7, activation: 'softmax', name: 'scores' }),
    ],
  });
  const graph = await compare(t, model);
  t.same(
    graph.nodes.map((node) => node.op),
    ['conv2d', 'max_pool2d', 'dropout', 'reshape', 'dense', 'softmax'],
  );
  t.same(
    [graph.inputs[0], graph.nodes[0].name, graph.outputs[0]],
    ['first_input', 'first', 'scores/softmax'],
  );
  t.same(graph.weights.get('first/kernel')!.shape, [3, 3, 3, 2]);
  t.same(graph.weights.get('scores/kernel')!.shape, [7, 27]);
  t.equal(graph.nodes[0].attributes.activation, 'relu', 'fused');
});

t.test('padding, strides and dilations', async (t) => {
  for (const padding of ['same', 'valid'] as const) {
    for (const [kernelSize, strides, dilationRate] of [
      [3, 2, 1],
      [2, 1, 1],
      [5, 3, 1],
      [3, 1, 2],
      [1, 2, 1],
    ]) {
      const window = { padding, strides, dilationRate };
      const inputShape = [10, 9, 2];
      await compare(t, tf.sequential({ layers: [conv(2, kernelSize, { ...window, inputShape })] }));
      // tf.layers 4.22 forgets a depthwise layer's dilation (it calls its kernel with none), so there is nothing to compare.
      const depthwise = { kernelSize, depthMultiplier: 2, strides, padding, inputShape };
      await compare(t, tf.sequential({ layers: [layers.depthwiseConv2d(depthwise)] }));
      const pool = { poolSize: kernelSize, strides, padding, inputShape };
      await compare(t, tf.sequential({ layers: [layers.maxPooling2d(pool)] }));
      await compare(t, tf.sequential({ layers: [layers.averagePooling2d(pool)] }));
    }
  }
});

t.test('functional: branches, add of three, separable convolution, batch norm, two outputs', async (t) => {
  const input = tf.input({ shape: [8, 8, 3], name: 'image' });
  const normalize = (x: tf.SymbolicTensor, more: object = {}) =>
    layers.batchNormalization(more).apply(x) as tf.SymbolicTensor;
  const a = normalize(conv(4, 3, { padding: 'same', useBias: false }).apply(input) as tf.SymbolicTensor);
  const b = layers.reLU({ maxValue: 6 }).apply(a) as tf.SymbolicTensor;
  const c = layers
    .separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu6' })
    .apply(b) as tf.SymbolicTensor;
  const d = normalize(c, { scale: false, epsilon: 0.01 });
  const sum = layers.add().apply([a, b, d]) as tf.SymbolicTensor;
  const padded = layers
    .zeroPadding2d({
      padding: [
        [1, 0],
        [2, 1],
      ],
    })
    .apply(sum) as tf.SymbolicTensor;
  const pixel = layers
    .globalAveragePooling2d({ dataFormat: 'channelsLast' })
    .apply(padded) as tf.SymbolicTensor;
  const largest = layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }).apply(sum) as tf.SymbolicTensor;
  const shaped = layers.reshape({ targetShape: [2, -1] }).apply(pixel) as tf.SymbolicTensor;
  await compare(t, tf.model({ inputs: input, outputs: [shaped, largest] }));
});

t.test('a dense layer on an image is a 1x1 convolution', async (t) => {
  const graph = await compare(
    t,
    tf.sequential({ layers: [layers.dense({ units: 3, inputShape: [4, 5, 2], activation: 'relu' })] }),
  );
  t.equal(graph.nodes[0].op, 'conv2d');
});

t.test('a shared layer keeps one weight', async (t) => {
  const [left, right] = ['left', 'right'].map((name) => tf.input({ shape: [6], name }));
  const shared = layers.dense({ units: 4, name: 'shared' });
  const sum = layers.add().apply([left, right].map((x) => shared.apply(x) as tf.SymbolicTensor));
  const graph = await compare(t, tf.model({ inputs: [left, right], outputs: sum as tf.SymbolicTensor }));
  t.same(graph.inputs, ['left', 'right']);
  t.same([...graph.weights.keys()], ['shared/kernel', 'shared/bias']);
  t.same(
    graph.nodes.map((node) => node.name),
    ['shared', 'shared_1', graph.nodes[2].name],
  );
});

t.test('nested models, called twice', async (t) => {
  const inner = tf.sequential({
    name: 'inner',
    layers: [layers.dense({ units: 5, inputShape: [5], activation: 'relu', name: 'same_name' })],
  });
  const x = tf.input({ shape: [5] });
  const y = tf.input({ shape: [5] });
  const block = tf.model({
    name: 'block',
    inputs: y,
    outputs: layers.add().apply([y, inner.apply(y) as tf.SymbolicTensor]) as tf.SymbolicTensor,
  });
  const twice = block.apply(block.apply(x) as tf.SymbolicTensor) as tf.SymbolicTensor;
  const last = layers.dense({ units: 2, name: 'last' }).apply(twice) as tf.SymbolicTensor;
  const graph = await compare(t, tf.model({ inputs: x, outputs: last }));
  t.ok(graph.weights.has('block/inner/same_name/kernel'));
  t.equal(graph.weights.size, 4);
  await compare(t, tf.sequential({ layers: [inner, layers.dense({ units: 3 })] }));
});

for (const name of ['mnist-cnn-887k', 'mobilenet-v1-0.25-224']) {
  t.test(`${name} from disk`, needsShared(`models/${name}`), async (t) => {
    const path = `${SHARED}models/${name}/model.json`;
    const graph = await importModel(path);
    checkGraph(graph);
    const source = await modelFromDisk(path);
    compareOutputs(t, graph, source, random(), 64);
  });
}

/** tf.layers' own reading of the same files. */
async function modelFromDisk(path: string): Promise<tf.LayersModel> {
  const { readFile } = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
  const json = JSON.parse(await readFile(path, 'utf8')) as tf.io.ModelJSON;
  const groups = json.weightsManifest;
  const parts = await Promise.all(
    groups.flatMap((group) => group.paths).map((file) => readFile(join(dirname(path), file))),
  );
  return tf.loadLayersModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: groups.flatMap((group) => group.weights),
      weightData: Uint8Array.from(Buffer.concat(parts)).buffer,
    }),
  });
}
