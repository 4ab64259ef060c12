import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Engine, EngineScript } from './engine.js';

/** Its own WebAssembly memory, which all its models share. */
function memoryBytes(): number | null {
  const { wasm } = tf.backend() as unknown as { wasm?: { HEAPU8?: Uint8Array } };
  return wasm?.HEAPU8?.buffer.byteLength ?? null;
}

/** The dense original on TensorFlow.js' WebAssembly backend, as its users run a layers-model; one thread, as all here. */
export const open: EngineScript['open'] = async ({ url }): Promise<Engine> => {
  setWasmPaths('/tfjs/');
  // an isolated page would get its threaded build
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  const model = await loadLayersModel(new URL(url!, location.href).href);
  const shape = [1, ...model.inputs[0].shape.slice(1)] as number[];
  return {
    run: (input) => tf.tidy(() => (model.predict(tf.tensor(input, shape)) as tf.Tensor).dataSync()),
    memoryBytes,
    note: `tfjs ${tf.version_core}`,
    dispose: () => model.dispose(),
  };
};
