/** TensorFlow.js models: a model.json and the weight files that it names, or the same in memory. */
import type { Graph } from '../graph/graph.js';
import { ImportError } from './errors.js';
import type { ImportOptions, ModelFile } from './importer.js';
import { isGraphModel, parseModelJson } from './model-json.js';
import type { ModelSource } from './source.js';
import { importTfjsLayers } from './tfjs-layers.js';
import { decodeGroup, readWeights } from './weights.js';

export async function readTfjs({ name, bytes, read }: ModelFile, options: ImportOptions): Promise<Graph> {
  const parsed = parseJson(bytes, name);
  if (isGraphModel(parsed)) throw graphModel(name);
  const json = parseModelJson(parsed, name);
  const { weightsManifest } = json;
  if (!weightsManifest) throw new ImportError('json', `${name}: expected a weightsManifest, got none`);
  return importTfjsLayers(json, await readWeights(weightsManifest, read), options, name);
}

export async function readTfjsSource(source: ModelSource, options: ImportOptions): Promise<Graph> {
  if (isGraphModel(source)) throw graphModel('model');
  const data = Array.isArray(source.weightData) ? source.weightData : [source.weightData];
  const json = parseModelJson(source, 'model');
  const parts = data.map((part) => new Uint8Array(part));
  const weights = decodeGroup('weightData', parts, json.weightSpecs ?? []);
  return importTfjsLayers(json, weights, options, 'model');
}

function graphModel(name: string): ImportError {
  const what = 'expected a TensorFlow.js layers-model, got a graph-model, which is not supported yet';
  return new ImportError('kind', `${name}: ${what}`);
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
