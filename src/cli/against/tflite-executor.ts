import { readFile } from 'node:fs/promises';
import { joined, type Executor } from '../support/executor.js';
import type { Ports } from './engine.js';
import { hasTflite, loadTflite } from './tflite.js';

/** A model in TensorFlow Lite's interpreter, a sample at a time; it gives no inner tensors. */
export async function openTflite(path: string, { inputShape }: Ports): Promise<Executor> {
  if (!hasTflite())
    throw new Error(
      '@tensorflow/tfjs-tflite: expected it installed to compare with, got none; npm install @tensorflow/tfjs-tflite@0.0.1-alpha.10',
    );
  const engine = await loadTflite(await readFile(path), path);
  const size = inputShape.reduce((product, dim) => product * dim, 1);
  return {
    name: 'TFLite',
    inputShape,
    predict: async (samples, count) =>
      joined(
        Array.from({ length: count }, (_, i) => engine.run([samples.subarray(i * size, (i + 1) * size)])),
      ),
    dispose: () => undefined,
  };
}
