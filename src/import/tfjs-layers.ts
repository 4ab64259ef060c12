/** A TensorFlow.js layers-model -> Graph, from its JSON alone: no tf.layers object is made. */
import type { Graph } from '../graph/graph.js';
import type { ImportOptions } from './importer.js';
import { importKeras } from './keras/import.js';
import { rootLayer } from './keras/model-config.js';
import { NamedWeights } from './keras/weight-store.js';
import type { ModelJson } from './model-json.js';
import type { ForeignWeight } from './weights.js';

/** @param name for messages */
export function importTfjsLayers(
  json: ModelJson,
  weights: ReadonlyMap<string, ForeignWeight>,
  options: ImportOptions,
  name: string,
): Graph {
  const { generatedBy, convertedBy, modelTopology } = json;
  const version = modelTopology.keras_version;
  return importKeras(
    {
      name,
      root: rootLayer(modelTopology, name),
      weights: new NamedWeights([...weights.keys()], (weight) => weights.get(weight)),
      kerasVersion: typeof version === 'string' ? version : undefined,
      provenance: {
        format: 'tfjs layers-model',
        ...(generatedBy && { generatedBy }),
        ...(convertedBy && { convertedBy }),
      },
    },
    options,
  );
}
