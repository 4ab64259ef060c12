/** A TensorFlow.js layers-model -> Graph, from its JSON alone: no tf.layers object is made. */
import type { Graph } from '../graph/graph.js';
import { GraphBuilder } from './builder.js';
import { ImportError, importErrors, type Fault } from './errors.js';
import { LayerConfig, type Settings } from './keras/config.js';
import type { LayerCall } from './keras/layer.js';
import { kerasLayers, layerFaults } from './keras/table.js';
import {
  functionalConfig,
  inboundCalls,
  nameOf,
  rootLayer,
  sequentialLayers,
  type KerasLayer,
  type ModelJson,
  type TensorReference,
} from './model-json.js';
import { WeightStore } from './weight-store.js';
import type { ForeignWeight } from './weights.js';

const FUNCTIONAL = ['Functional', 'Model'];

/**
 * @param inputShape without batch, for a model that leaves dimensions of its input open
 * @param source for messages
 */
export function importTfjsLayers(
  json: ModelJson,
  weights: ReadonlyMap<string, ForeignWeight>,
  inputShape: number[] | undefined,
  source: string,
): Graph {
  const root = rootLayer(json.modelTopology, source);
  if (!isModel(root)) {
    throw new ImportError(
      'json',
      `${source}: expected a Sequential or functional model, got ${root.class_name}`,
    );
  }
  const faults = faultsOf(root, []);
  if (faults.length > 0) throw importErrors('layer', `${source}: not supported`, faults);
  const store = new WeightStore(weights);
  const builder = new GraphBuilder();
  const inputs = inputLayers(root).map((layer) => {
    return builder.input(inputName(layer), inputShapeOf(layer, inputShape));
  });
  const outputs = new Walk(builder, store).callModel(root, [], inputs);
  store.check(source);
  return builder.finish(outputs, { provenance: provenanceOf(json, root) });
}

function provenanceOf(json: ModelJson, root: KerasLayer): Record<string, unknown> {
  const { generatedBy, convertedBy } = json;
  return {
    format: 'tfjs layers-model',
    model: nameOf(root),
    ...(generatedBy && { generatedBy }),
    ...(convertedBy && { convertedBy }),
  };
}

function isModel(layer: KerasLayer): boolean {
  return layer.class_name === 'Sequential' || FUNCTIONAL.includes(layer.class_name);
}

function layersOf(model: KerasLayer, path: string[]): KerasLayer[] {
  const name = path.join('/') || nameOf(model);
  return model.class_name === 'Sequential'
    ? sequentialLayers(model, name)
    : functionalConfig(model, name).layers;
}

/** All faults of all layers, nested models included, so that one error can list them. */
function faultsOf(model: KerasLayer, path: string[]): Fault[] {
  return layersOf(model, path).flatMap((layer) => {
    const inner = [...path, nameOf(layer)];
    if (isModel(layer)) return faultsOf(layer, inner);
    if (layer.class_name === 'InputLayer') return [];
    return layerFaults(layer.class_name, layer.config as Settings).map((hint) => {
      return { node: inner.join('/'), op: layer.class_name, hint };
    });
  });
}

/** The layers that say a model's input shapes: InputLayers, or a Sequential's first layer. */
function inputLayers(model: KerasLayer, path: string[] = []): KerasLayer[] {
  if (model.class_name !== 'Sequential') {
    const { layers, input_layers: references } = functionalConfig(model, nameOf(model));
    return references.map(([name]) => findLayer(layers, name));
  }
  const [first] = layersOf(model, path);
  return isModel(first) ? inputLayers(first, [...path, nameOf(first)]) : [first];
}

function findLayer(layers: readonly KerasLayer[], name: string): KerasLayer {
  const layer = layers.find((candidate) => nameOf(candidate) === name);
  if (!layer) throw new ImportError('json', `layers: expected one called '${name}', got none`);
  return layer;
}

/** What the call of that index reads. A model's own making counts as its call 0, so its first is number 1. */
function inboundOf(layer: KerasLayer, call: number): TensorReference[] {
  const name = nameOf(layer);
  const calls = inboundCalls(layer, name);
  const inbound = calls[isModel(layer) ? call - 1 : call];
  if (inbound) return inbound;
  throw new ImportError(
    'json',
    `${name}: expected call ${call} among its inbound_nodes, got ${calls.length} calls`,
  );
}

/** A Sequential's first layer says the input's shape, and needs its own name itself. */
function inputName(layer: KerasLayer): string {
  return layer.class_name === 'InputLayer' ? nameOf(layer) : `${nameOf(layer)}_input`;
}

function inputShapeOf(layer: KerasLayer, given: number[] | undefined): number[] {
  const config = layer.config as Settings;
  const batched = config.batch_input_shape ?? config.batch_shape;
  const name = nameOf(layer);
  if (!Array.isArray(batched)) {
    throw new ImportError('json', `${name}: expected batch_input_shape, got ${JSON.stringify(batched)}`);
  }
  const shape = batched.slice(1).map((dim: unknown, axis) => dim ?? given?.[axis]);
  if (shape.every((dim) => Number.isInteger(dim) && (dim as number) >= 1)) return shape as number[];
  throw new ImportError(
    'shape',
    `${name}: expected a fixed input shape, got [${shape}]; pass { inputShape }`,
  );
}

/** Calls models on tensors, layer by layer. */
class Walk {
  constructor(
    private readonly builder: GraphBuilder,
    private readonly weights: WeightStore,
  ) {}

  /** @param path names of the models around the layers of `model`, its own among them unless it is the outermost */
  callModel(model: KerasLayer, path: string[], inputs: string[]): string[] {
    if (model.class_name !== 'Sequential') return this.callFunctional(model, path, inputs);
    return layersOf(model, path).reduce((tensors, layer) => this.callLayer(layer, path, tensors), inputs);
  }

  /** Follows the references from the outputs back, so layers are called in an order that works. */
  private callFunctional(model: KerasLayer, path: string[], inputs: string[]): string[] {
    const config = functionalConfig(model, path.join('/') || nameOf(model));
    const results = new Map<string, string[] | undefined>();
    config.input_layers.forEach(([name, call], i) => results.set(`${name} ${call}`, [inputs[i]]));
    const valueOf = ([name, call, output]: TensorReference): string => {
      const key = `${name} ${call}`;
      if (!results.has(key)) {
        results.set(key, undefined);
        const layer = findLayer(config.layers, name);
        results.set(key, this.callLayer(layer, path, inboundOf(layer, call).map(valueOf)));
      }
      const tensor = results.get(key)?.[output];
      if (!tensor)
        throw new ImportError('json', `${name}: expected an output ${output} that does not lead back to it`);
      return tensor;
    };
    return config.output_layers.map(valueOf);
  }

  private callLayer(layer: KerasLayer, outer: string[], inputs: string[]): string[] {
    const path = [...outer, nameOf(layer)];
    if (layer.class_name === 'InputLayer') return inputs;
    if (isModel(layer)) return this.callModel(layer, path, inputs);
    const config = new LayerConfig(path.join('/'), layer.config as Settings);
    const { builder, weights } = this;
    return [convert(layer.class_name, { path, config, inputs, builder, weights })];
  }
}

/** What does not fit an operator is told as a fault of the model. */
function convert(kind: string, call: LayerCall): string {
  try {
    return kerasLayers.get(kind)!.convert(call);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError('shape', error.message, { cause: error });
  }
}
