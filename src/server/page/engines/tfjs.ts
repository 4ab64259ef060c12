import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Engine } from './engine.js';

/** The dense original on TensorFlow.js' WebAssembly backend, as its users run a layers-model. */
export async function open(name: string): Promise<Engine> {
  setWasmPaths('/tfjs/');
  await tf.setBackend('wasm');
  const model = await loadLayersModel(`/models/${name}/dense/model.json`);
  const shape = [1, ...model.inputs[0].shape.slice(1)] as number[];
  return {
    run: (image) => tf.tidy(() => (model.predict(tf.tensor(image, shape)) as tf.Tensor).dataSync()),
    dispose: () => model.dispose(),
  };
}
