/** The structure of a tfjs model.json, and of the Keras configuration inside. */
import { z } from 'zod';
import { ImportError } from './errors.js';
import { weightGroup, weightSpec } from './weights.js';

const layerSchema = z.looseObject({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.union([z.looseObject({ name: z.string().optional() }), z.array(z.unknown())]),
  inbound_nodes: z.array(z.unknown()).optional(),
});

/** One layer: its class, its settings, and for functional models one entry of `inbound_nodes` for each call. */
export type KerasLayer = z.infer<typeof layerSchema>;

const modelJsonSchema = z.looseObject({
  format: z.string().optional(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(weightGroup).optional(),
  weightSpecs: z.array(weightSpec).optional(),
});

export type ModelJson = z.infer<typeof modelJsonSchema>;

/** [layer, index of the call, index of the output] */
const tensorReference = z.tuple([z.string(), z.int(), z.int()]).rest(z.unknown());

export type TensorReference = z.infer<typeof tensorReference>;

const functionalSchema = z.looseObject({
  name: z.string().optional(),
  layers: z.array(layerSchema),
  input_layers: z.array(tensorReference),
  output_layers: z.array(tensorReference),
});

export type FunctionalConfig = z.infer<typeof functionalSchema>;

/** True for the other kind of model.json, TensorFlow's graph. */
export function isGraphModel(json: unknown): boolean {
  const { format, modelTopology } = (json ?? {}) as { format?: unknown; modelTopology?: { node?: unknown } };
  return format === 'graph-model' || modelTopology?.node !== undefined;
}

/** Checks the model.json of a layers-model. */
export function parseModelJson(json: unknown, name: string): ModelJson {
  return parse(modelJsonSchema, json, name);
}

/** The outermost model of a topology: `{class_name, config}`, or that under `model_config`. */
export function rootLayer(topology: ModelJson['modelTopology'], name: string): KerasLayer {
  return parse(layerSchema, topology.model_config ?? topology, `${name}: modelTopology`);
}

/** The layers of a Sequential model's configuration, in either of its two forms. */
export function sequentialLayers(layer: KerasLayer, path: string): KerasLayer[] {
  const layers = Array.isArray(layer.config) ? layer.config : layer.config.layers;
  return parse(z.array(layerSchema).min(1), layers, path);
}

/** A functional model's configuration. */
export function functionalConfig(layer: KerasLayer, path: string): FunctionalConfig {
  return parse(functionalSchema, layer.config, path);
}

/** The tensors that each call of a layer reads. */
export function inboundCalls(layer: KerasLayer, path: string): TensorReference[][] {
  return parse(z.array(z.array(tensorReference)), layer.inbound_nodes ?? [], `${path}: inbound_nodes`);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = z.prettifyError(result.error);
  throw new ImportError('json', `${what}: expected the structure of a tfjs layers-model, got:\n${faults}`);
}

export function nameOf(layer: KerasLayer): string {
  const { config } = layer;
  return layer.name ?? (Array.isArray(config) ? undefined : config.name) ?? layer.class_name;
}
