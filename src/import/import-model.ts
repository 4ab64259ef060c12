import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph } from '../graph/graph.js';
import { ImportError } from './errors.js';
import { parseModelJson } from './model-json.js';
import { locate, type ModelSource } from './source.js';
import { importTfjsLayers } from './tfjs-layers.js';
import { decodeGroup, readWeights } from './weights.js';

export interface ImportOptions {
  /** For http and https sources; without it they are refused. */
  fetch?: typeof globalThis.fetch;
  /** The input's shape without batch, for models that leave some of its dimensions open. */
  inputShape?: number[];
  /** Names of the foreign tensors to give, for models whose own outputs are not what is wanted. */
  outputs?: string[];
  /** Of quantized models: `keep` their int8 and scales, or `dequantize` to f32 for pruning and training (the default). */
  quantized?: 'keep' | 'dequantize';
}

const SUPPORTED = 'a TensorFlow.js layers-model (model.json)';

/** @param name of the file, for messages */
type Importer = (bytes: Uint8Array, name: string, options: ImportOptions) => Promise<Graph>;

/** Kinds of model that are one file, known by its name's ending; without an importer: not supported. */
const FILE_KINDS: [ending: RegExp, kind: string, importer?: Importer][] = [
  [/\.(h5|hdf5)$/i, 'a Keras HDF5 model'],
  [/\.keras$/i, 'a Keras 3 model'],
  [/\.tflite$/i, 'a TensorFlow Lite model'],
  [/\.onnx$/i, 'an ONNX model'],
  [/\.pb$/i, 'a TensorFlow SavedModel'],
  [/\.lop$/i, 'a compressed .lop file'],
];

/**
 * A foreign model as a graph: f32, batch norm and dropout still there, SAME padding made explicit.
 * @param source path or address of a tfjs layers-model's model.json (or its folder), or such a model in memory
 * @throws ImportError: what is wrong with the model, all unsupported layers at once
 */
export async function importModel(source: string | ModelSource, options: ImportOptions = {}): Promise<Graph> {
  if (typeof source !== 'string') {
    const data = Array.isArray(source.weightData) ? source.weightData : [source.weightData];
    const json = parseModelJson(source, 'model');
    const parts = data.map((part) => new Uint8Array(part));
    const weights = await decodeGroup('weightData', parts, json.weightSpecs ?? []);
    return importTfjsLayers(json, weights, options.inputShape, 'model');
  }
  const { name, file, read } = locate(await modelFile(source), options.fetch);
  const [, kind, importer] = FILE_KINDS.find(([ending]) => ending.test(name)) ?? [];
  if (importer) return importer(await read(file), name, options);
  if (kind) throw notSupported(name, kind);
  const json = parseModelJson(parseJson(await read(file), name), name);
  const { weightsManifest } = json;
  if (!weightsManifest) throw new ImportError('json', `${name}: expected a weightsManifest, got none`);
  return importTfjsLayers(json, await readWeights(weightsManifest, read), options.inputShape, name);
}

/** A folder stands for the model.json in it. */
async function modelFile(source: string): Promise<string> {
  const isFolder = await stat(source).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return isFolder ? join(source, 'model.json') : source;
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ImportError('json', `${name}: expected JSON, got: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function notSupported(name: string, kind: string): ImportError {
  return new ImportError('kind', `${name}: expected ${SUPPORTED}, got ${kind}, which is not supported yet`);
}
