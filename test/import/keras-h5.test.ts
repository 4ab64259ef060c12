import * as tf from '@tensorflow/tfjs';
import { strToU8, zipSync } from 'fflate';
import * as h5wasm from 'h5wasm/node';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { importModel } from '../../src/import/index.js';
import { checkGraph } from '../../src/ops/check.js';
import { random } from '../helpers/random.js';
import { needsShared, SHARED } from '../helpers/shared.js';
import { compareOutputs } from './keras/compare.js';
import { asH5, asKeras3, topologyOf, writeHdf5 } from './keras/files.js';
import { apply, randomize } from './models.js';

const { layers } = tf;

const RESNET = 'models/resnet8-cifar10/pretrainedResnet.h5';

t.test(
  'ResNet-8 from disk, against tfjs with the weights that libhdf5 reads',
  needsShared(RESNET),
  async (t) => {
    const path = `${SHARED}${RESNET}`;
    const graph = await importModel(path);
    checkGraph(graph);
    t.equal(graph.nodes.filter(({ op }) => op === 'conv2d').length, 9);
    t.match(graph.metadata.provenance, { format: 'keras h5', generatedBy: 'keras v2.4.0', model: 'model' });
    compareOutputs(t, graph, await libhdf5Model(path), (r) => r.int(0, 255), random(), 1e-4);
  },
);

/** tf.layers' own reading of the configuration, with weights by h5wasm. */
async function libhdf5Model(path: string): Promise<tf.LayersModel> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'r');
  const weights = file.get('model_weights') as h5wasm.Group;
  const found = (weights.attrs.layer_names.value as string[]).flatMap((layer) => {
    const group = weights.get(layer) as h5wasm.Group;
    const names = [group.attrs.weight_names.value].flat().filter((name) => typeof name === 'string');
    return names.map((name) => {
      const data = group.get(name) as h5wasm.Dataset;
      return { name: name.replace(':0', ''), shape: data.shape!, values: data.value as Float32Array };
    });
  });
  // tfjs does not know L2 by that name, and needs no regularizers
  const modelTopology = JSON.parse(file.attrs.model_config.value as string, (key, value: unknown) =>
    key.endsWith('_regularizer') ? null : value,
  ) as object;
  file.close();
  return tf.loadLayersModel({
    load: async () => ({
      modelTopology,
      weightSpecs: found.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const })),
      weightData: Uint8Array.from(
        Buffer.concat(found.map(({ values }) => new Uint8Array(values.slice().buffer))),
      ).buffer,
    }),
  });
}

/** Branches, a nested model called twice, a shared layer, two inputs. */
function functional(): tf.LayersModel {
  const image = tf.input({ shape: [8, 8, 3], name: 'image' });
  const vector = tf.input({ shape: [5], name: 'vector' });
  const a = apply(layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }), image);
  const b = apply(layers.batchNormalization(), a);
  const c = apply(layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same' }), b);
  const sum = apply(layers.add(), [a, c]);
  const pooled = apply(
    layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
    apply(layers.reLU(), sum),
  );
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      layers.dense({ units: 4, inputShape: [4], activation: 'tanh', name: 'first' }),
      layers.prelu({ name: 'second' }),
    ],
  });
  const y = tf.input({ shape: [4] });
  const block = tf.model({ name: 'block', inputs: y, outputs: apply(layers.add(), [y, apply(inner, y)]) });
  const twice = apply(block, apply(block, pooled));
  const shared = layers.dense({ units: 4, name: 'shared' });
  const both = apply(layers.add(), [twice, apply(shared, pooled), apply(layers.dense({ units: 4 }), vector)]);
  return tf.model({ inputs: [image, vector], outputs: [apply(shared, both), both] });
}

function recurrent(): tf.LayersModel {
  return tf.sequential({
    layers: [
      layers.bidirectional({
        layer: layers.lstm({ units: 4, returnSequences: true, recurrentActivation: 'sigmoid' }) as tf.RNN,
        mergeMode: 'concat',
        inputShape: [6, 3],
      }),
      layers.lstm({ units: 5, returnSequences: true, recurrentActivation: 'sigmoid' }),
      layers.timeDistributed({ layer: layers.dense({ units: 3 }) }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    ],
  });
}

const MODELS = { functional, recurrent };

for (const [name, make] of Object.entries(MODELS)) {
  t.test(`${name} model as .h5`, async (t) => {
    const model = randomize(make(), random());
    const graph = await importModel(await asH5(model, t.testdir()));
    checkGraph(graph);
    compareOutputs(t, graph, model);
  });

  t.test(`${name} model as .keras`, async (t) => {
    const model = randomize(make(), random());
    const graph = await importModel(await asKeras3(model, t.testdir()));
    checkGraph(graph);
    compareOutputs(t, graph, model);
    t.match(graph.metadata.provenance, { format: 'keras', generatedBy: 'keras v3.4.1' });
  });
}

const dense = (): tf.LayersModel =>
  tf.sequential({ layers: [layers.dense({ units: 3, inputShape: [4], name: 'scores' })] });

async function refused(t: Test, bytes: Uint8Array, message: RegExp): Promise<void> {
  await t.rejects(importModel(bytes), { name: 'ImportError', message });
}

t.test('weights alone', async (t) => {
  const keras2 = await writeHdf5(t.testdir(), (file) => file.create_attribute('layer_names', ['conv']));
  await refused(t, keras2, /expected a model's configuration, got weights alone; save it with model\.save/);
  const keras3 = await writeHdf5(t.testdir(), (file) => void file.create_group('layers'));
  await refused(t, keras3, /got weights alone/);
  const other = await writeHdf5(t.testdir(), (file) => void file.create_group('pictures'));
  await refused(t, other, /got none \(the file holds pictures\)/);
});

t.test('missing weights and wrong shapes, all at once', async (t) => {
  const { class_name, config } = await topologyOf(dense());
  const bytes = await writeHdf5(t.testdir(), (file) => {
    file.create_attribute('model_config', JSON.stringify({ class_name, config }));
    const group = file.create_group('model_weights');
    group.create_attribute('layer_names', ['scores']);
    const scores = group.create_group('scores');
    scores.create_attribute('weight_names', ['kernel:0']);
    scores.create_dataset({ name: 'kernel:0', data: new Float32Array(6), shape: [2, 3] });
  });
  await refused(
    t,
    bytes,
    /scores\/kernel: expected \[4,3\], got \[2,3\]\n +scores\/bias: expected \[3\], got none/,
  );
});

t.test('NaN in a weight', async (t) => {
  const broken = tf.mul(tf.ones([4, 3]), NaN);
  for (const write of [asH5, asKeras3]) {
    const model = dense();
    model.setWeights([broken, tf.zeros([3])]);
    await refused(t, await write(model, t.testdir()), /scores\/kernel: 12 of 12 are NaN or infinite/);
  }
});

t.test('zips that are not Keras files', async (t) => {
  await refused(
    t,
    zipSync({ 'a.txt': strToU8('a') }),
    /expected config\.json in a \.keras file, got none of its files/,
  );
  await refused(t, zipSync({ 'config.json': strToU8('[') }), /config\.json: expected a JSON object, got: /);
  const bomb = zipSync({ 'config.json': new Uint8Array(2 ** 22), 'model.weights.h5': new Uint8Array(10) });
  await refused(t, bomb, /config\.json: expected at most 100 times the zip's \d+ bytes, got 4194304/);
  await refused(t, zipSync({ 'config.json': strToU8('{}') }).subarray(0, 40), /expected a zip, got: /);
});

t.test('by name and from the web', async (t) => {
  const bytes = await asKeras3(dense(), t.testdir());
  const fetch = async (): Promise<Response> => new Response(bytes as BodyInit);
  t.same((await importModel('https://models.test/net.keras?v=1', { fetch })).outputs, ['scores']);
  await t.rejects(importModel(`${t.testdir()}/none.h5`), { code: 'file', message: /no such file/ });
  const path = t.testdir({ 'net.h5': Buffer.from(readFileSync(new URL(import.meta.url))) });
  await t.rejects(importModel(`${path}/net.h5`), {
    message: /byte 0: expected an HDF5 file, got other bytes/,
  });
});
