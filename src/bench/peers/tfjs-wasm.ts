/** TensorFlow.js' WebAssembly backend (XNNPACK, f32, dense), as one of its users runs a layers-model. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { importPeer, startOnce, type DenseModel, type LoadedModel } from './peer.js';

const importTfjs = () =>
  importPeer('tfjs-wasm', async () => ({
    core: await import('@tensorflow/tfjs-core'),
    layers: await import('@tensorflow/tfjs-layers'),
    wasm: await import('@tensorflow/tfjs-backend-wasm'),
  }));

/** Starts the backend on one thread; where the trainer started it before, its memory is not seen here. */
const start = startOnce(async () => {
  const { core, wasm } = await importTfjs();
  wasm.setThreadsCount(1);
  await core.setBackend('wasm');
  await core.ready();
});

/** Reads a layers-model from disk: topology and all its shards. */
function fileHandler(path: string): io.IOHandler {
  return {
    load: async () => {
      const json = JSON.parse(await readFile(path, 'utf8')) as io.ModelJSON;
      const shards = json.weightsManifest.flatMap((group) => group.paths);
      const files = await Promise.all(shards.map((shard) => readFile(join(dirname(path), shard))));
      const weightData = new Uint8Array(Buffer.concat(files)).buffer;
      const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
      return { modelTopology: json.modelTopology, weightSpecs, weightData };
    },
  };
}

/** Loads `model` with `loadLayersModel`; `run` makes a tensor, predicts and reads the result back. */
export async function openTfjsWasm(model: DenseModel, input: Float32Array): Promise<LoadedModel> {
  const { core, layers } = await importTfjs();
  const started = await start();
  await core.setBackend('wasm');
  const begin = performance.now();
  const net = await layers.loadLayersModel(fileHandler(model.path));
  const loadMs = started.ms + (performance.now() - begin);
  const shape = [1, ...net.inputs[0].shape.slice(1)] as number[];
  let scores = new Float32Array(0);
  const run = (): void => {
    scores = core.tidy(() => {
      const predicted = net.predict(core.tensor(input, shape));
      return (Array.isArray(predicted) ? predicted[0] : predicted).dataSync() as Float32Array<ArrayBuffer>;
    });
  };
  const first = performance.now();
  run();
  return {
    name: 'tfjs-wasm',
    engine: `tfjs-wasm ${core.version_core}`,
    run,
    loadMs,
    firstMs: performance.now() - first,
    memoryBytes: started.memoryBytes,
    output: () => scores,
    dispose: () => net.dispose(),
  };
}
