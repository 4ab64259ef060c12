/** A Keras configuration and its weights -> Graph: what tfjs layers-models, .h5 and .keras files have in common. */
import type { Graph } from '../../graph/graph.js';
import { GraphBuilder } from '../builder.js';
import { ImportError, importErrors, type Fault } from '../errors.js';
import type { ImportOptions } from '../importer.js';
import type { Dialect } from './config.js';
import { modelInputs } from './inputs.js';
import { isModel, kindOf, layersOf, nameOf, type KerasLayer } from './model-config.js';
import { layerFaults } from './table.js';
import { Walk } from './walk.js';
import { WeightStore, type WeightSource } from './weight-store.js';

export interface KerasModel {
  /** For messages. */
  name: string;
  root: KerasLayer;
  weights: WeightSource;
  /** Who wrote the configuration: `2.11.0`, `3.4.1`, `tfjs-layers 4.22.0`. */
  kerasVersion?: string;
  provenance: Record<string, unknown>;
}

/** @throws ImportError: all unsupported layers at once, or what does not fit */
export function importKeras(model: KerasModel, options: ImportOptions): Graph {
  const { name, root, weights } = model;
  if (!isModel(root)) {
    throw new ImportError(
      'json',
      `${name}: expected a Sequential or functional model, got ${root.class_name}; a model that is Python code cannot be read`,
    );
  }
  const faults = modelFaults(root, []);
  if (faults.length > 0) throw importErrors('layer', `${name}: not supported`, faults);
  const store = new WeightStore(weights);
  const builder = new GraphBuilder();
  const inputs = modelInputs(root, options).map((input) => builder.input(input.name, input.shape));
  const walk = new Walk(builder, store, dialectOf(model.kerasVersion));
  const outputs = walk.callModel(root, [], inputs);
  store.check(name);
  return builder.finish(outputs, { provenance: { ...model.provenance, model: nameOf(root) } });
}

/** All faults of all layers, nested models included, so that one error can list them. */
function modelFaults(model: KerasLayer, path: string[]): Fault[] {
  return layersOf(model, path).flatMap((layer) => {
    const inner = [...path, nameOf(layer)];
    if (isModel(layer)) return modelFaults(layer, inner);
    return layerFaults(layer).map((hint) => ({ node: inner.join('/'), op: kindOf(layer), hint }));
  });
}

function dialectOf(version = '2'): Dialect {
  if (version.startsWith('tfjs')) return 'tfjs';
  return version.startsWith('3') ? 'keras 3' : 'keras 2';
}
