import type { Graph } from '../../../src/graph/index.js';
import { ImportError } from '../../../src/import/errors.js';
import { importFile } from '../../../src/import/import-model.js';
import type { ImportOptions } from '../../../src/import/importer.js';
import { checkGraph } from '../../../src/ops/check.js';
import { isClear } from '../clear.js';
import type { Target } from '../target.js';
import { asKeras, unframe } from './framed.js';

/** What an import may hold beside 64 times the file: constants have at most 2^26 elements (src/import/evaluate.ts). */
const CONSTANT_BYTES = 2 ** 28;

/** Most bytes that weights are made up for. */
const MOST_WEIGHTS = 2 ** 20;

/** An importer: a graph that passes `checkGraph`, or an ImportError with a clear message; never anything else. Memory counted is that of the weights. */
function target(name: string, read: (file: Uint8Array) => Promise<Graph>): Target {
  return {
    name,
    async read(file) {
      const memoryLimit = 64 * file.length + CONSTANT_BYTES;
      try {
        const graph = await read(file);
        checkGraph(graph);
        const memory = [...graph.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
        return { accepted: true, code: 'ok', memory, memoryLimit };
      } catch (error) {
        if (!(error instanceof ImportError && isClear(error.message))) throw error;
        return { accepted: false, code: error.code, message: error.message, memory: 0, memoryLimit };
      }
    },
  };
}

/** Both settings of quantized models, by the file's length: each mutated file takes one. */
const quantized = (file: Uint8Array): ImportOptions => ({
  quantized: file.length % 4 === 0 ? 'keep' : 'dequantize',
});

async function readModelJson(file: Uint8Array): Promise<Graph> {
  const { json, rest } = unframe(file);
  const weights = rest ?? madeUp(json);
  return importFile({ name: 'model.json', bytes: json, read: async () => weights }, {});
}

/** As many bytes as the JSON says that its weights have, so that what lies behind their check is reached. */
function madeUp(json: Uint8Array): Uint8Array {
  const sizes: Record<string, number> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };
  let total = 0;
  try {
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(json));
    for (const { shape, dtype, quantization } of weightsManifest[0].weights)
      total += shape.reduce((a: number, b: number) => a * b, sizes[quantization?.dtype ?? dtype]);
  } catch {
    return new Uint8Array(0);
  }
  return total >= 0 && total <= MOST_WEIGHTS
    ? new Uint8Array(total).map((_, i) => (i % 4 === 3 ? 0x3e : i & 15))
    : new Uint8Array(0);
}

/** By its extension where its signature is broken. */
function file(extension: string): (file: Uint8Array) => Promise<Graph> {
  const read = async (path: string): Promise<never> => {
    throw new ImportError('file', `${path}: expected no file beside the model`);
  };
  return (bytes) => importFile({ name: `model.${extension}`, bytes, read }, quantized(bytes));
}

export const importers: readonly Target[] = [
  target('tfjs-layers', readModelJson),
  target('tfjs-graph', readModelJson),
  target('keras-h5', file('h5')),
  target('keras', (framed) => file('keras')(asKeras(framed))),
  target('tflite', file('tflite')),
  target('onnx', file('onnx')),
];
