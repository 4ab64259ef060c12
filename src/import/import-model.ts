import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph } from '../graph/graph.js';
import { checkGraph } from '../ops/check.js';
import { ImportError } from './errors.js';
import type { Importer, ImportOptions, ModelFile } from './importer.js';
import { kerasH5, kerasZip } from './keras-h5.js';
import { locate, type ModelSource } from './source.js';
import { onnx } from './onnx.js';
import { tflite } from './tflite.js';
import { readTfjs, readTfjsSource } from './tfjs.js';

/** Formats by extension and signature; a new one is a line here. A signature counts before an extension. */
const IMPORTERS: readonly Importer[] = [
  {
    kind: 'a TensorFlow.js model (model.json)',
    extension: /\.json$/i,
    signature: (bytes) => bytes[0] === 0x7b,
    read: readTfjs,
  },
  kerasH5,
  kerasZip,
  tflite,
  onnx,
];

/** Kinds of file known by their extension that no importer reads. */
const OTHER_KINDS: [RegExp, string][] = [
  [/\.pb$/i, 'a TensorFlow SavedModel'],
  [/\.lop$/i, 'a compressed .lop file'],
];

/**
 * A foreign model as a graph: f32, batch norm and dropout still there, SAME padding made explicit.
 * @param source path or address of a model file (or of the folder of a model.json), its bytes, or a tfjs model in memory
 * @throws ImportError: what is wrong with the model, all unsupported layers or nodes at once
 */
export async function importModel(
  source: string | Uint8Array | ModelSource,
  options: ImportOptions = {},
): Promise<Graph> {
  if (typeof source === 'string') return importFile(await open(source, options), options);
  if (source instanceof Uint8Array)
    return importFile({ name: 'model', bytes: source, read: nothingBeside }, options);
  return sound(await readTfjsSource(source, options), 'model');
}

/** The same for a file that is already read. */
export async function importFile(file: ModelFile, options: ImportOptions): Promise<Graph> {
  return sound(await readFile(file, options), file.name);
}

/** A model may be right in each of its layers and still be no graph: without outputs, or with a tensor of no elements. */
function sound(graph: Graph, name: string): Graph {
  try {
    checkGraph(graph);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError('shape', `${name}: ${error.message}`, { cause: error });
  }
  return graph;
}

function readFile(file: ModelFile, options: ImportOptions): Promise<Graph> {
  const extension = extensionOf(file.name);
  const importer =
    IMPORTERS.find(({ signature }) => signature?.(file.bytes)) ??
    IMPORTERS.find((candidate) => candidate.extension.test(extension));
  if (importer) return importer.read(file, options);
  throw notSupported(file.name, 'a file of an unknown format');
}

async function open(source: string, options: ImportOptions): Promise<ModelFile> {
  const { name, file, read } = locate(await modelFile(source), options.fetch);
  for (const [pattern, kind] of OTHER_KINDS) {
    if (pattern.test(extensionOf(name))) throw notSupported(name, `${kind}, which is not supported yet`);
  }
  return { name, bytes: await read(file), read };
}

/** A folder stands for the model.json in it. */
async function modelFile(source: string): Promise<string> {
  const isFolder = await stat(source).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return isFolder ? join(source, 'model.json') : source;
}

/** A web address may go on after the file's name. */
function extensionOf(name: string): string {
  const path = /^https?:/i.test(name) ? new URL(name).pathname : name;
  return path.slice(path.lastIndexOf('.'));
}

function nothingBeside(path: string): Promise<Uint8Array> {
  return Promise.reject(
    new ImportError('file', `${path}: expected a file beside the model, got none: it is in memory`),
  );
}

function notSupported(name: string, kind: string): ImportError {
  const supported = IMPORTERS.map((importer) => importer.kind).join(', ');
  return new ImportError('kind', `${name}: expected ${supported}, got ${kind}`);
}
