/** Writes Keras files: HDF5 by h5wasm (libhdf5), as h5py would, so that the reader here is held against another's writer. */
import * as tf from '@tensorflow/tfjs';
import { strToU8, zipSync } from 'fflate';
import * as h5wasm from 'h5wasm/node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceOf } from '../models.js';

type Topology = { class_name: string; config: any };

/** A new HDF5 file in `folder`, filled by `write`; its bytes. */
export async function writeHdf5(
  folder: string,
  write: (file: h5wasm.File) => void,
  options?: h5wasm.FileOptions,
): Promise<Uint8Array> {
  await h5wasm.ready;
  const path = join(folder, 'file.h5');
  const file = new h5wasm.File(path, 'w', options);
  write(file);
  file.flush();
  file.close();
  return new Uint8Array(readFileSync(path));
}

export async function topologyOf(model: tf.LayersModel): Promise<Topology> {
  return (await sourceOf(model)).modelTopology as Topology;
}

/** tfjs adds its own names in the middle: `lstm_LSTM1/kernel`; Keras writes `layer/cell/role:0`. */
function h5Name(layer: tf.layers.Layer, weight: { originalName: string }): string {
  const parts = weight.originalName.split('/');
  return parts.length > 1 ? `${weight.originalName}:0` : `${layer.name}/${weight.originalName}:0`;
}

function writeDataset(group: h5wasm.Group, name: string, tensor: tf.Tensor): void {
  const data = Float32Array.from(tensor.dataSync());
  group.create_dataset({ name, data, shape: tensor.shape });
}

/** As tf.keras' `model.save('x.h5')`: the outermost layers' groups, each with the names of its weights. */
export async function asH5(model: tf.LayersModel, folder: string): Promise<Uint8Array> {
  const { class_name, config } = await topologyOf(model);
  return writeHdf5(folder, (file) => {
    file.create_attribute('keras_version', 'tfjs-layers');
    file.create_attribute('model_config', JSON.stringify({ class_name, config }));
    const weights = file.create_group('model_weights');
    weights.create_attribute(
      'layer_names',
      model.layers.map(({ name }) => name),
    );
    for (const layer of model.layers) {
      const group = weights.create_group(layer.name);
      const names = layer.weights.map((weight) => h5Name(layer, weight));
      if (names.length > 0) group.create_attribute('weight_names', names);
      layer.weights.forEach((weight, i) => {
        const folders = names[i].split('/');
        const inside = folders.slice(0, -1).reduce((parent: h5wasm.Group, part) => {
          return (parent.get(part) as h5wasm.Group | null) ?? parent.create_group(part);
        }, group);
        writeDataset(inside, folders.at(-1)!, weight.read());
      });
    }
  });
}

/** What Keras 3 calls the folder of each class (its rule applied by hand). */
const FOLDERS: Record<string, string> = {
  Conv1D: 'conv1d',
  Conv2D: 'conv2d',
  DepthwiseConv2D: 'depthwise_conv2d',
  SeparableConv2D: 'separable_conv2d',
  BatchNormalization: 'batch_normalization',
  Dense: 'dense',
  Add: 'add',
  ReLU: 're_lu',
  PReLU: 'p_re_lu',
  GlobalAveragePooling2D: 'global_average_pooling2d',
  Flatten: 'flatten',
  Reshape: 'reshape',
  LSTM: 'lstm',
  GRU: 'gru',
  Bidirectional: 'bidirectional',
  TimeDistributed: 'time_distributed',
  Embedding: 'embedding',
  InputLayer: 'input_layer',
  Functional: 'functional',
  Sequential: 'sequential',
};

/** As Keras 3's `model.save('x.keras')`. */
export async function asKeras3(model: tf.LayersModel, folder: string): Promise<Uint8Array> {
  const weights = await writeHdf5(folder, (file) => writeModel(file, model));
  return zipSync(
    {
      'metadata.json': strToU8(JSON.stringify({ keras_version: '3.4.1', date_saved: '2026-11-27@08:00:00' })),
      'config.json': strToU8(JSON.stringify(keras3(await topologyOf(model)))),
      'model.weights.h5': weights,
    },
    { level: 0 },
  );
}

function writeModel(group: h5wasm.Group, model: tf.LayersModel): void {
  const isSequential = model.getClassName() === 'Sequential';
  const layers = group.create_group('layers');
  const used = new Map<string, number>();
  for (const layer of model.layers) {
    const kind = layer.getClassName() === 'Model' ? 'Functional' : layer.getClassName();
    if (kind === 'InputLayer' && isSequential) continue;
    const name = FOLDERS[kind];
    if (!name) throw new Error(`no folder for ${kind}`);
    const count = used.get(name) ?? 0;
    used.set(name, count + 1);
    writeLayer(layers.create_group(count === 0 ? name : `${name}_${count}`), layer, kind);
  }
}

function writeLayer(group: h5wasm.Group, layer: tf.layers.Layer, kind: string): void {
  const inner = layer as unknown as Record<string, tf.layers.Layer>;
  if (kind === 'Functional' || kind === 'Sequential') writeModel(group, layer as tf.LayersModel);
  else if (kind === 'Bidirectional') {
    writeVars(group.create_group('forward_layer').create_group('cell'), inner.forwardLayer.weights);
    writeVars(group.create_group('backward_layer').create_group('cell'), inner.backwardLayer.weights);
  } else if (kind === 'TimeDistributed') writeVars(group.create_group('layer'), inner.layer.weights);
  else writeVars(kind === 'LSTM' || kind === 'GRU' ? group.create_group('cell') : group, layer.weights);
}

function writeVars(group: h5wasm.Group, weights: { read(): tf.Tensor }[]): void {
  const vars = group.create_group('vars');
  weights.forEach((weight, i) => writeDataset(vars, `${i}`, weight.read()));
}

/** Keras 2's configuration in Keras 3's form: batch_shape, `{args, kwargs}` and keras tensors. */
function keras3({ class_name, config }: Topology): object {
  const isModel = Array.isArray(config.layers);
  const kind = class_name === 'Model' ? 'Functional' : class_name;
  const settings = isModel ? modelConfig(config) : layerConfig(config);
  return {
    module: isModel ? 'keras.src.models' : 'keras.layers',
    class_name: kind,
    registered_name: null,
    config: settings,
    ...(!isModel && { build_config: { input_shape: [null, 1] } }),
  };
}

/** A Sequential's own making is no call of it in Keras 3, as it is in tfjs. */
function modelConfig(config: any): object {
  const sequential = config.layers
    .filter((layer: any) => layer.class_name === 'Sequential')
    .map((layer: any) => layer.name ?? layer.config.name);
  const callOf = (name: string, call: number): number => (sequential.includes(name) ? call - 1 : call);
  const layers = config.layers.map((layer: any) => {
    const nodes = (layer.inbound_nodes ?? []).map((node: any[]) => {
      const tensors = node.map(([name, call, output]) => ({
        class_name: '__keras_tensor__',
        config: { shape: [null], dtype: 'float32', keras_history: [name, callOf(name, call), output] },
      }));
      return { args: tensors.length === 1 ? tensors : [tensors], kwargs: {} };
    });
    return { ...keras3(layer), name: layer.name ?? layer.config.name, inbound_nodes: nodes };
  });
  return {
    name: config.name,
    layers,
    ...(config.input_layers && {
      input_layers: alone(config.input_layers, callOf),
      output_layers: alone(config.output_layers, callOf),
    }),
  };
}

/** References, of which Keras 3 writes a single one without its list. */
function alone(
  references: [string, number, number][],
  callOf: (name: string, call: number) => number,
): unknown {
  const own = references.map(([name, call, output]) => [name, callOf(name, call), output]);
  return own.length === 1 ? own[0] : own;
}

function layerConfig(config: any): object {
  const { batch_input_shape: shape, layer, ...rest } = config;
  return {
    ...rest,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    ...(shape && { batch_shape: shape }),
    ...(layer && { layer: keras3(layer) }),
  };
}
