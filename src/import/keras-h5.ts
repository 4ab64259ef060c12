/** Keras files -> Graph: .h5 (one HDF5 file) and .keras (a zip of config.json, metadata.json and model.weights.h5). */
import { unzipSync, type UnzipFileInfo } from 'fflate';
import type { Graph } from '../graph/graph.js';
import { ImportError } from './errors.js';
import { isHdf5, openHdf5, type Hdf5Object } from './hdf5/file.js';
import { hasText, type Importer, type ImportOptions, type ModelFile } from './importer.js';
import { importKeras } from './keras/import.js';
import { H5Weights, NumberedWeights } from './keras/h5-weights.js';
import { rootLayer } from './keras/model-config.js';

/** Most bytes that the files in a zip have together, as a multiple of the zip's: weights do not deflate to a hundredth. */
const MOST_EXPANSION = 100;

export const kerasH5: Importer = {
  kind: 'a Keras .h5 file',
  extension: /\.(h5|hdf5)$/i,
  signature: isHdf5,
  read: importKerasH5,
};

export const kerasZip: Importer = {
  kind: 'a .keras file',
  extension: /\.keras$/i,
  signature: (bytes) => hasText(bytes, 'PK\x03\x04'),
  read: importKerasZip,
};

async function importKerasH5({ name, bytes }: ModelFile, options: ImportOptions): Promise<Graph> {
  const file = openHdf5(bytes, name);
  const [config] = file.texts('model_config') ?? [];
  if (config === undefined) throw weightsAlone(file, name);
  const weights = file.get('model_weights');
  if (!weights) throw new ImportError('weight', `${name}: expected a group 'model_weights', got none`);
  const [version] = file.texts('keras_version') ?? [];
  return importKeras(
    {
      name,
      root: rootLayer(parseRecord(config, `${name}: model_config`), name),
      weights: new H5Weights(weights),
      kerasVersion: version,
      provenance: { format: 'keras h5', ...(version && { generatedBy: `keras v${version}` }) },
    },
    options,
  );
}

function weightsAlone(file: Hdf5Object, name: string): ImportError {
  const hasWeights = file.texts('layer_names') !== undefined || file.get('layers') !== undefined;
  const got = hasWeights ? 'weights alone' : `none (the file holds ${file.keys().join(', ') || 'nothing'})`;
  return new ImportError(
    'kind',
    `${name}: expected a model's configuration, got ${got}; save it with model.save()`,
  );
}

async function importKerasZip({ name, bytes }: ModelFile, options: ImportOptions): Promise<Graph> {
  const files = unzip(bytes, name);
  const text = (file: string): Record<string, unknown> =>
    parseRecord(new TextDecoder().decode(fileOf(files, file, name)), `${name}: ${file}`);
  const root = rootLayer(text('config.json'), name);
  const version = files['metadata.json'] && text('metadata.json').keras_version;
  const kerasVersion = typeof version === 'string' ? version : '3';
  const weights = openHdf5(fileOf(files, 'model.weights.h5', name), `${name}: model.weights.h5`);
  return importKeras(
    {
      name,
      root,
      weights: new NumberedWeights(weights, root),
      kerasVersion,
      provenance: { format: 'keras', generatedBy: `keras v${kerasVersion}` },
    },
    options,
  );
}

const FILES = ['config.json', 'metadata.json', 'model.weights.h5'];

function unzip(bytes: Uint8Array, name: string): Record<string, Uint8Array> {
  let left = bytes.length * MOST_EXPANSION;
  const filter = ({ name: file, originalSize }: UnzipFileInfo): boolean => {
    if (!FILES.includes(file)) return false;
    left -= originalSize;
    if (left >= 0) return true;
    const most = `at most ${MOST_EXPANSION} times the zip's ${bytes.length} bytes`;
    throw new ImportError('length', `${name}: ${file}: expected ${most}, got ${originalSize}`);
  };
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError('file', `${name}: expected a zip, got: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function fileOf(files: Record<string, Uint8Array>, file: string, name: string): Uint8Array {
  if (files[file]) return files[file];
  const got = Object.keys(files).join(', ') || 'none of its files';
  throw new ImportError('kind', `${name}: expected ${file} in a .keras file, got ${got}`);
}

function parseRecord(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    throw new SyntaxError(typeof value);
  } catch (error) {
    throw new ImportError('json', `${what}: expected a JSON object, got: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
