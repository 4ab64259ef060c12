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
}

const SUPPORTED = 'a TensorFlow.js layers-model (model.json)';

/** Kinds of model known by their file's name, not supported yet. */
const OTHER_KINDS: [RegExp, string][] = [
  [/\.(h5|hdf5|keras)$/i, 'a Keras model'],
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
  for (const [pattern, kind] of OTHER_KINDS) {
    if (pattern.test(name)) throw notSupported(name, kind);
  }
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
