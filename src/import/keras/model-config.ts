/** The structure of a Keras model's configuration: layers, and which tensors each call of one reads. */
import { z } from 'zod';
import { ImportError } from '../errors.js';

const layerSchema = z.looseObject({
  class_name: z.string(),
  name: z.string().optional(),
  /** Keras 3: the module of the class, which tells a layer from a function. */
  module: z.string().nullish(),
  config: z.union([z.looseObject({ name: z.string().optional() }), z.array(z.unknown())]),
  inbound_nodes: z.array(z.unknown()).optional(),
  build_config: z.looseObject({ input_shape: z.unknown().optional() }).nullish(),
});

/** One layer: its class, its settings, and for functional models one entry of `inbound_nodes` for each call. */
export type KerasLayer = z.infer<typeof layerSchema>;

/** An output of one call of a layer. */
export class Reference {
  constructor(
    readonly layer: string,
    readonly call: number,
    readonly output: number,
  ) {}
}

/** What a layer is called with: References in the places of tensors, within lists and objects too; JSON elsewhere. */
export interface Arguments {
  positional: unknown[];
  named: Record<string, unknown>;
}

export interface FunctionalConfig {
  layers: KerasLayer[];
  inputs: Reference[];
  outputs: Reference[];
}

const functionalSchema = z.looseObject({
  layers: z.array(layerSchema),
  input_layers: z.unknown(),
  output_layers: z.unknown(),
});

/** The outermost model of a topology: `{class_name, config}`, or that under `model_config`. */
export function rootLayer(topology: Record<string, unknown>, name: string): KerasLayer {
  return parse(layerSchema, topology.model_config ?? topology, `${name}: model`);
}

/** True for Sequential and functional models, also where they are of a class of the user's own. */
export function isModel({ class_name: kind, config }: KerasLayer): boolean {
  if (Array.isArray(config)) return kind === 'Sequential';
  return Array.isArray(config.layers) && (kind === 'Sequential' || config.output_layers !== undefined);
}

export function isSequential(layer: KerasLayer): boolean {
  return Array.isArray(layer.config) || layer.config.output_layers === undefined;
}

/** The layers of a model, in its order. */
export function layersOf(model: KerasLayer, path: readonly string[]): KerasLayer[] {
  const name = path.join('/') || nameOf(model);
  return isSequential(model) ? sequentialLayers(model, name) : functionalConfig(model, name).layers;
}

/** The layers of a Sequential model's configuration, in either of its two forms. */
function sequentialLayers(layer: KerasLayer, path: string): KerasLayer[] {
  const layers = Array.isArray(layer.config) ? layer.config : layer.config.layers;
  return parse(z.array(layerSchema).min(1), layers, path);
}

/** A functional model's configuration. */
export function functionalConfig(layer: KerasLayer, path: string): FunctionalConfig {
  const {
    layers,
    input_layers: inputs,
    output_layers: outputs,
  } = parse(functionalSchema, layer.config, path);
  return {
    layers,
    inputs: references(withReferences(inputs)),
    outputs: references(withReferences(outputs)),
  };
}

/** A layer within the settings of another one, which wraps it. */
export function innerLayer(layer: unknown, path: string): KerasLayer {
  return parse(layerSchema, layer, path);
}

export function findLayer(layers: readonly KerasLayer[], name: string): KerasLayer {
  const layer = layers.find((candidate) => nameOf(candidate) === name);
  if (!layer) throw new ImportError('json', `layers: expected one called '${name}', got none`);
  return layer;
}

/**
 * What the call of that index reads. A functional model's own making counts as its call 0, so its first is number 1;
 * for a Sequential that holds in Keras 2 and tfjs alone.
 */
export function argumentsOf(layer: KerasLayer, call: number): Arguments {
  const calls = layer.inbound_nodes ?? [];
  const isKeras3 = calls.some((node) => !Array.isArray(node));
  const first = isModel(layer) && !(isKeras3 && isSequential(layer)) ? 1 : 0;
  const inbound = calls[call - first];
  if (inbound !== undefined) return argumentsFrom(inbound);
  const got = `${calls.length} calls`;
  throw new ImportError(
    'json',
    `${nameOf(layer)}: expected call ${call} among its inbound_nodes, got ${got}`,
  );
}

/**
 * Keras 3 writes `{args, kwargs}`; Keras 2 a tensor or a list of them, each `[layer, call, output, kwargs]`, and a
 * constant as `['_CONSTANT_VALUE', -1, value, kwargs]`.
 */
function argumentsFrom(inbound: unknown): Arguments {
  if (isRecord(inbound) && Array.isArray(inbound.args)) {
    const named = isRecord(inbound.kwargs) ? inbound.kwargs : {};
    return { positional: inbound.args.map(withReferences), named: mapped(named, withReferences) };
  }
  const first = Array.isArray(inbound) && Array.isArray(inbound[0]) ? inbound[0] : inbound;
  const named = Array.isArray(first) && isRecord(first[3]) ? first[3] : {};
  return { positional: [withReferences(inbound)], named: mapped(named, withReferences) };
}

/** All References in an argument, in order. */
export function references(argument: unknown): Reference[] {
  if (argument instanceof Reference) return [argument];
  if (Array.isArray(argument)) return argument.flatMap(references);
  return isRecord(argument) ? Object.values(argument).flatMap(references) : [];
}

/** The argument with `resolve` in the place of each Reference. */
export function resolved(argument: unknown, resolve: (reference: Reference) => unknown): unknown {
  if (argument instanceof Reference) return resolve(argument);
  if (Array.isArray(argument)) return argument.map((part: unknown) => resolved(part, resolve));
  return isRecord(argument) ? mapped(argument, (part) => resolved(part, resolve)) : argument;
}

function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [name, call, output] = value as unknown[];
    if (name === '_CONSTANT_VALUE') return withReferences(output);
    if (typeof name === 'string' && Number.isInteger(call) && Number.isInteger(output) && value.length <= 4)
      return new Reference(name, call as number, output as number);
    return value.map(withReferences);
  }
  if (!isRecord(value)) return value;
  const { class_name: kind, config } = value;
  if (kind === '__keras_tensor__' && isRecord(config)) return withReferences(config.keras_history);
  if ((kind === '__tensor__' || kind === '__numpy__') && isRecord(config)) return config.value;
  return mapped(value, withReferences);
}

function mapped(
  record: Record<string, unknown>,
  change: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = z.prettifyError(result.error);
  throw new ImportError('json', `${what}: expected the structure of a Keras model, got:\n${faults}`);
}

export function nameOf(layer: KerasLayer): string {
  const { config } = layer;
  return layer.name ?? (Array.isArray(config) ? undefined : config.name) ?? layer.class_name;
}

/** The class without its package: `Custom>Thing` is Thing. */
export function kindOf({ class_name: kind }: KerasLayer): string {
  return kind.slice(kind.lastIndexOf('>') + 1);
}

/** True for Keras 3's functions (classes of `keras.src.ops`), which stand among the layers without being any. */
export function isFunction({ module }: KerasLayer): boolean {
  return module?.split('.').includes('ops') ?? false;
}
