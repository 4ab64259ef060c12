import * as tf from '@tensorflow/tfjs';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { importModel, ImportError, type ImportErrorCode } from '../../src/import/index.js';
import { saveFolder, sourceOf, type ModelFolder } from './models.js';

const { layers } = tf;

/** One convolution and a dense layer: 3*3*1*2 + 2 + 50*4 + 4 weights = 896 bytes. */
function smallModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [7, 7, 1], activation: 'relu', name: 'conv' }),
      layers.flatten({ name: 'flat' }),
      layers.dense({ units: 4, name: 'scores' }),
    ],
  });
}

async function refused(t: Test, source: Promise<string> | string, code: ImportErrorCode, message: RegExp) {
  await t.rejects(importModel(await source), { name: 'ImportError', code, message });
}

function broken(t: Test, change: (model: ModelFolder) => void): Promise<string> {
  return saveFolder(smallModel(), t.testdir(), change);
}

function configOf({ json }: ModelFolder, layer: number): Record<string, unknown> {
  return json.modelTopology.config.layers[layer].config;
}

t.test('an unbroken folder, by its path and by its model.json', async (t) => {
  const path = await broken(t, () => {});
  t.same((await importModel(path)).outputs, ['scores']);
  t.same((await importModel(dirname(path))).outputs, ['scores']);
});

t.test('no such model', async (t) => {
  await refused(
    t,
    join(t.testdir(), 'model.json'),
    'file',
    /model\.json: expected a readable file, got: no such file/,
  );
});

t.test('bad JSON', async (t) => {
  const path = await broken(t, () => {});
  truncateSync(path, 100);
  await refused(t, path, 'json', /model\.json: expected JSON, got: /);
  writeFileSync(path, '[1]');
  await refused(t, path, 'json', /expected the structure of a tfjs layers-model/);
  writeFileSync(path, '{"modelTopology": {"class_name": "Dense", "config": {}}, "weightsManifest": []}');
  await refused(t, path, 'json', /expected a Sequential or functional model, got Dense/);
});

t.test('a missing weight file', async (t) => {
  const path = await broken(t, () => {});
  rmSync(join(dirname(path), 'weights.bin'));
  await refused(t, path, 'file', /weights\.bin: expected a readable file, got: no such file/);
});

t.test('a short weight file', async (t) => {
  const path = await broken(t, () => {});
  truncateSync(join(dirname(path), 'weights.bin'), 500);
  await refused(t, path, 'length', /weights\.bin: expected 896 bytes for 4 weights, got 500/);
});

t.test('NaN and infinite weights: name and count', async (t) => {
  const path = broken(t, ({ bytes }) => {
    const floats = new Float32Array(bytes.buffer);
    floats.set([NaN, Infinity], 3);
    floats[30] = -Infinity;
  });
  await refused(
    t,
    path,
    'value',
    /conv\/kernel: 2 of 18 are .*\n +scores\/kernel: 1 of 200 are NaN or infinite/,
  );
});

t.test('missing weights and wrong shapes, all at once', async (t) => {
  const path = broken(t, ({ json }) => {
    const [{ weights }] = json.weightsManifest;
    weights[0].name = 'other/kernel';
    weights[2].shape = [4, 50];
  });
  const message =
    /conv\/kernel: expected \[3,3,1,2\], got none\n +scores\/kernel: expected \[50,4\], got \[4,50\]/;
  await refused(t, path, 'weight', message);
});

function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}

t.test('unsupported layers and settings, all at once', async (t) => {
  const input = tf.input({ shape: [4, 4, 2] });
  const a = apply(layers.masking({ name: 'mask' }), input);
  const b = apply(layers.conv2d({ filters: 2, kernelSize: 1, name: 'gate' }), a);
  const inner = tf.sequential({
    name: 'inner',
    layers: [layers.upSampling2d({ inputShape: [4, 4, 2], name: 'up' })],
  });
  const model = tf.model({ inputs: input, outputs: apply(inner, b) });
  const path = await saveFolder(model, t.testdir(), (saved) => {
    configOf(saved, 2).activation = 'sparsemax';
    (configOf(saved, 3) as any).layers[0].config.interpolation = 'bicubic';
  });
  await refused(t, path, 'layer', /mask \(Masking\): not supported; masks are not supported; cut the inputs/);
  await refused(t, path, 'layer', /gate \(Conv2D\): activation: expected one of linear, .*, got sparsemax/);
  await refused(t, path, 'layer', /inner\/up \(UpSampling2D\): interpolation: .* got bicubic; choose one/);
  const error: unknown = await importModel(path).catch((reason: unknown) => reason);
  t.same(
    (error as ImportError).faults.map(({ node, op }) => `${node} ${op}`),
    ['mask Masking', 'gate Conv2D', 'inner/up UpSampling2D'],
  );
});

t.test('groups that do not divide the channels', async (t) => {
  const path = broken(t, (model) => (configOf(model, 0).groups = 2));
  await refused(t, path, 'shape', /conv: groups: expected a divisor of 1 and 2, got 2/);
});

t.test('settings that cannot be read', async (t) => {
  await refused(
    t,
    broken(t, (model) => (configOf(model, 0).kernel_size = 'big')),
    'layer',
    /conv: kernel_size: expected one or two whole numbers of at least 1, got "big"/,
  );
  await refused(
    t,
    broken(t, (model) => (configOf(model, 0).padding = 'causal')),
    'layer',
    /conv: padding: expected 'same' or 'valid', got "causal"/,
  );
});

t.test('layers that do not fit', async (t) => {
  const path = broken(t, ({ json }) => json.modelTopology.config.layers.splice(1, 1));
  await refused(t, path, 'weight', /scores\/kernel: expected \[2,4\], got \[50,4\]/);
  const tooLarge = broken(t, (model) => (configOf(model, 0).dilation_rate = [4, 4]));
  await refused(t, tooLarge, 'shape', /node 'conv' \(conv2d\): window: expected at most 7 rows .*, got 9/);
});

t.test('an input of open shape needs one', async (t) => {
  const path = await broken(t, (model) => (configOf(model, 0).batch_input_shape = [null, null, null, 1]));
  await refused(t, path, 'shape', /conv: expected a fixed input shape, got .*; pass \{ inputShape \}/);
  const graph = await importModel(path, { inputShape: [7, 7, 1] });
  t.same(graph.tensors.get(graph.inputs[0])!.shape, [7, 7, 1]);
});

t.test('other kinds of model', async (t) => {
  const kinds: [string, RegExp][] = [
    ['saved_model.pb', /got a TensorFlow SavedModel/],
    ['net.lop', /got a compressed \.lop file/],
  ];
  for (const [file, message] of kinds) await refused(t, file, 'kind', message);
  const path = broken(t, ({ json }) => Object.assign(json, { format: 'graph-model' }));
  await refused(
    t,
    path,
    'json',
    /expected the structure of a tfjs graph-model, got:\n.*\n.*modelTopology.node/,
  );
});

const offline = async (): Promise<Response> => Promise.reject(new TypeError('offline'));

t.test('web addresses only with a fetch', async (t) => {
  const source = await sourceOf(smallModel());
  const url = 'https://models.test/net/model.json';
  await refused(t, url, 'file', /expected a path, got a web address; pass \{ fetch \}/);
  const json = {
    modelTopology: source.modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: source.weightSpecs }],
  };
  const asked: string[] = [];
  const fetch = async (address: string | URL | Request): Promise<Response> => {
    asked.push(String(address));
    if (asked.length > 2) return new Response(null, { status: 404, statusText: 'Not Found' });
    return new Response(asked.length === 1 ? JSON.stringify(json) : (source.weightData as ArrayBuffer));
  };
  t.same((await importModel(url, { fetch })).outputs, ['scores']);
  t.same(asked, [url, 'https://models.test/net/weights.bin']);
  await t.rejects(importModel(url, { fetch }), {
    code: 'file',
    message: /expected status 200, got 404 Not Found/,
  });
  await t.rejects(importModel(url, { fetch: offline }), {
    message: /expected an answer, got: TypeError: offline/,
  });
});

t.test('an ImportError keeps its cause', async (t) => {
  const error: unknown = await importModel(join(t.testdir(), 'nothing.json')).catch((e: unknown) => e);
  t.ok(error instanceof ImportError && (error.cause as NodeJS.ErrnoException).code === 'ENOENT');
});
