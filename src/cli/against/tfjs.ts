/** TensorFlow.js' own loaders and executors, with the kernels that it ships. */
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { locate } from '../../import/source.js';
import { joined, type Executor, type Layer, type Values } from '../support/executor.js';
import type { Ports } from './engine.js';
import type { ForeignOptions } from '../support/import-foreign.js';

/** Runs something on stock kernels, and lets its tensors go. */
type Scope = <T>(work: () => Promise<T>) => Promise<T>;

async function stockScope(): Promise<Scope> {
  const [{ withStockBackend }, { engine }] = await Promise.all([
    import('../../train/index.js'),
    import('@tensorflow/tfjs-core'),
  ]);
  return (work) =>
    withStockBackend(async () => {
      engine().startScope();
      try {
        return await work();
      } finally {
        engine().endScope();
      }
    });
}

/** Topology and all shards, from disk or the web, as tfjs' loaders want them. */
async function artifactsOf(path: string): Promise<io.ModelArtifacts> {
  const folder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  const { file, read } = locate(folder ? join(path, 'model.json') : path, fetch);
  const json = JSON.parse(new TextDecoder().decode(await read(file))) as io.ModelJSON;
  const groups = json.weightsManifest ?? [];
  const shards = await Promise.all(groups.flatMap(({ paths }) => paths).map(read));
  const { modelTopology, format, signature, userDefinedMetadata, modelInitializer } = json;
  return {
    modelTopology,
    format,
    signature,
    userDefinedMetadata,
    modelInitializer,
    weightSpecs: groups.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  };
}

/** A layers- or graph-model in tfjs. */
export async function openTfjs(
  path: string,
  { inputShape }: Ports,
  { outputs }: ForeignOptions = {},
): Promise<Executor> {
  const artifacts = await artifactsOf(path);
  const scope = await stockScope();
  const { version_core } = await import('@tensorflow/tfjs-core');
  const name = `tfjs ${version_core}`;
  if (artifacts.format === 'graph-model' || 'node' in (artifacts.modelTopology as object))
    return graphExecutor(name, artifacts, inputShape, outputs, scope);
  return layersExecutor(name, artifacts, inputShape, scope);
}

const listOf = <T>(found: T | T[]): T[] => (Array.isArray(found) ? found : [found]);
const valuesOf = async (tensors: Tensor[]): Promise<Values[]> =>
  Promise.all(tensors.map(async (one) => Float32Array.from(await one.data())));
/** Named, as layers; the first axis of their shapes is the batch. */
const layersOf = async (names: readonly string[], tensors: Tensor[]): Promise<Map<string, Layer>> => {
  const values = await valuesOf(tensors);
  return new Map(names.map((name, i) => [name, { shape: tensors[i].shape.slice(1), values: values[i] }]));
};

async function layersExecutor(
  name: string,
  artifacts: io.ModelArtifacts,
  inputShape: readonly number[],
  scope: Scope,
): Promise<Executor> {
  const [{ tensor }, layers] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
  ]);
  const net: LayersModel = await layers.loadLayersModel({ load: async () => artifacts });
  const run = (model: LayersModel, samples: Float32Array, count: number): Tensor[] =>
    listOf(model.predict(tensor(samples, [count, ...inputShape], 'float32')));
  return {
    name,
    inputShape,
    predict: (samples, count) => scope(() => valuesOf(run(net, samples, count))),
    layers: async (sample) => {
      const inner = net.layers.filter((layer) => layer.inboundNodes.length === 1 && !isInput(layer));
      const outputs = inner.map((layer) => listOf(layer.output)[0]);
      const sub = layers.model({ inputs: net.inputs, outputs });
      const names = inner.map((layer) => layer.name);
      return scope(() => layersOf(names, run(sub, sample, 1)));
    },
    dispose: () => net.dispose(),
  };
}

const isInput = (layer: { getClassName(): string }): boolean => layer.getClassName() === 'InputLayer';

/** An input of a graph-model takes the sample in its own dtype. */
async function graphExecutor(
  name: string,
  artifacts: io.ModelArtifacts,
  inputShape: readonly number[],
  outputs: string[] | undefined,
  scope: Scope,
): Promise<Executor> {
  const [{ tensor }, { loadGraphModel }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-converter'),
  ]);
  const net: GraphModel = await loadGraphModel({ load: async () => artifacts });
  const [input] = net.inputs;
  const size = inputShape.reduce((product, dim) => product * dim, 1);
  const isBatched = input.shape === undefined || input.shape.length > inputShape.length;
  const atOnce = isBatched && input.shape?.[0] !== 1;
  const feed = (samples: Float32Array): NamedTensorMap => {
    const shape = isBatched ? [samples.length / size, ...inputShape] : [...inputShape];
    return { [input.name]: tensor(samples, shape, input.dtype === 'int32' ? 'int32' : 'float32') };
  };
  const wanted = outputs ?? net.outputs.map((one) => one.name);
  const run = (samples: Float32Array, nodes: string[]): Promise<Tensor[]> =>
    execute(net, feed(samples), nodes);
  return {
    name,
    inputShape,
    predict: async (samples, count) => {
      if (atOnce) return scope(async () => valuesOf(await run(samples, wanted)));
      const all: Values[][] = [];
      for (let i = 0; i < count; i++)
        all.push(
          await scope(async () => valuesOf(await run(samples.subarray(i * size, (i + 1) * size), wanted))),
        );
      return joined(all);
    },
    layers: async (sample) => {
      const nodes = nodeNames(artifacts);
      return scope(async () => layersOf(nodes, await run(sample, nodes)));
    },
    dispose: () => net.dispose(),
  };
}

/** Control flow and outputs of unknown size need the slower way, which complains where nothing needs it. */
async function execute(net: GraphModel, feed: NamedTensorMap, nodes: string[]): Promise<Tensor[]> {
  try {
    return listOf(net.execute(feed, nodes));
  } catch {
    return listOf(await net.executeAsync(feed, nodes));
  }
}

/** Nodes that compute: constants, inputs and control flow are left out. */
function nodeNames({ modelTopology }: io.ModelArtifacts): string[] {
  const { node } = modelTopology as { node: { name: string; op: string }[] };
  const plain = /^(Const|Placeholder|NoOp|Switch|Merge|Enter|Exit|NextIteration|LoopCond|Identity)/;
  return node.filter(({ op }) => !plain.test(op)).map(({ name }) => name);
}
