/** TensorFlow.js models: a model.json and the weight files that it names, or the same in memory. */
import type { Graph } from '../graph/graph.js';
import { ImportError } from './errors.js';
import type { ImportOptions, ModelFile } from './importer.js';
import { isGraphModel, parseModelJson, type ModelJson } from './model-json.js';
import type { ModelSource } from './source.js';
import { parseGraphJson, type GraphJson } from './tfjs/graph-json.js';
import { importTfjsGraph } from './tfjs-graph.js';
import { importTfjsLayers } from './tfjs-layers.js';
import { decodeGroup, readWeights, type ForeignWeight } from './weights.js';

export async function readTfjs({ name, bytes, read }: ModelFile, options: ImportOptions): Promise<Graph> {
  const parsed = parseJson(bytes, name);
  const json = isGraphModel(parsed) ? parseGraphJson(parsed, name) : parseModelJson(parsed, name);
  const { weightsManifest } = json;
  if (!weightsManifest) throw new ImportError('json', `${name}: expected a weightsManifest, got none`);
  return importTfjs(json, await readWeights(weightsManifest, read), options, name);
}

export async function readTfjsSource(source: ModelSource, options: ImportOptions): Promise<Graph> {
  const data = Array.isArray(source.weightData) ? source.weightData : [source.weightData];
  const json = isGraphModel(source) ? parseGraphJson(source, 'model') : parseModelJson(source, 'model');
  const parts = data.map((part) => new Uint8Array(part));
  const weights = decodeGroup('weightData', parts, json.weightSpecs ?? []);
  return importTfjs(json, weights, options, 'model');
}

function importTfjs(
  json: ModelJson | GraphJson,
  weights: ReadonlyMap<string, ForeignWeight>,
  options: ImportOptions,
  name: string,
): Graph {
  if ('node' in json.modelTopology) return importTfjsGraph(json as GraphJson, weights, options, name);
  return importTfjsLayers(json as ModelJson, weights, options, name);
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
