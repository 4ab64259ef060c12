import * as ort from 'onnxruntime-web/wasm';
import { watchMemories } from '../bench/memory.js';
import type { Engine, EngineScript } from './engine.js';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: '/ort/ort-wasm-simd-threaded.wasm' };

/** Its memory is made with the first session, and shared by all. */
const memory = watchMemories();

/** `[height, width, channels]` as the ONNX file wants it, channels first. */
function channelsFirst(input: Float32Array, [height, width, channels]: readonly number[]): Float32Array {
  const pixels = height * width;
  return input.map((_, i) => input[(i % pixels) * channels + Math.floor(i / pixels)]);
}

/** The dense original as ONNX on onnxruntime's WebAssembly; one thread, as all here. */
export const open: EngineScript['open'] = async ({ url, inputShape }): Promise<Engine> => {
  const session = await ort.InferenceSession.create(new URL(url!, location.href).href, {
    executionProviders: ['wasm'],
  });
  memory.stop();
  const [name] = session.inputNames;
  const [output] = session.outputNames;
  const isImage = inputShape.length === 3;
  const dims = isImage ? [1, inputShape[2], inputShape[0], inputShape[1]] : [1, ...inputShape];
  const turns = isImage && inputShape[2] > 1;
  return {
    run: async (input) => {
      const values = turns ? channelsFirst(input, inputShape) : input;
      const results = await session.run({ [name]: new ort.Tensor('float32', values, dims) });
      return results[output].data as Float32Array;
    },
    memoryBytes: () => memory.bytes() || null,
    note: `onnxruntime ${ort.env.versions.web}`,
    dispose: () => void session.release(),
  };
};
