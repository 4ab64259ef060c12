/** TensorFlow.js on one of its backends, f32 and dense, as one of its users runs a layers-model or a converted graph. */
import type * as tfjs from '@tensorflow/tfjs-core';
import type { PeerName } from '../names.js';
import { importPeer, startOnce, type DenseModel, type OpenPeer } from '../peer.js';
import { createExecutor } from './executor.js';

export type Core = typeof tfjs;

/** A model that tfjs has loaded. */
export interface Predictor {
  /** Values of `batch` inputs in, a copy of the first output out. */
  run(input: Float32Array, batch: number): Float32Array;
  dispose(): void;
}

export interface TfjsBackend {
  peer: PeerName;
  /** Of tfjs-core's registry. */
  backend: string;
  /** Imports tfjs and registers the backend, on one thread. */
  import(): Promise<Core>;
  /** Loads a layers-model from its `model.json`, where the host can. */
  loadLayers?(path: string): Promise<Predictor>;
  /** Bytes in use now, where the runtime has no WebAssembly memory. */
  processBytes?(): number;
}

/** The layers-model where `model` is one and the host can load it, else its graph with fused operators. */
export function createTfjs(of: TfjsBackend): OpenPeer {
  const load = () => importPeer(of.peer, () => of.import());
  const start = startOnce(async () => {
    const core = await load();
    await core.setBackend(of.backend);
    await core.ready();
  });
  const predictor = async (core: Core, { path, graph }: DenseModel): Promise<Predictor> =>
    path !== undefined && of.loadLayers ? of.loadLayers(path) : createExecutor(core, graph);
  return async (model, input, batch) => {
    const core = await load();
    const before = of.processBytes?.() ?? 0;
    const started = await start();
    await core.setBackend(of.backend);
    const begin = performance.now();
    const { run: predict, dispose } = await predictor(core, model);
    const loadMs = started.ms + (performance.now() - begin);
    let scores = new Float32Array(0);
    const run = (): void => {
      scores = predict(input, batch) as Float32Array<ArrayBuffer>;
    };
    const first = performance.now();
    run();
    const firstMs = performance.now() - first;
    const grown = of.processBytes && Math.max(0, of.processBytes() - before);
    return {
      name: of.peer,
      engine: `${of.peer} ${core.version_core}`,
      dtype: 'f32',
      // Two backends of one tfjs may take turns.
      enter: async () => {
        if (core.getBackend() !== of.backend) await core.setBackend(of.backend);
      },
      run,
      loadMs,
      firstMs,
      memoryBytes: () => grown ?? started.memoryBytes(),
      output: () => scores,
      dispose,
    };
  };
}
