/** Calls a Keras model on tensors of the graph, layer by layer. */
import type { GraphBuilder } from '../builder.js';
import { ImportError } from '../errors.js';
import { LayerConfig, type Dialect, type Settings } from './config.js';
import { LayerCall } from './layer.js';
import {
  argumentsOf,
  findLayer,
  functionalConfig,
  innerLayer,
  isFunction,
  isModel,
  isSequential,
  kindOf,
  layersOf,
  nameOf,
  references,
  resolved,
  type Arguments,
  type KerasLayer,
  type Reference,
} from './model-config.js';
import { specOf } from './table.js';
import type { WeightStore } from './weight-store.js';

/** Models within models can call each other more often than any network needs. */
const MOST_CALLS = 100_000;

export class Walk {
  private calls = 0;

  constructor(
    private readonly builder: GraphBuilder,
    private readonly store: WeightStore,
    private readonly dialect: Dialect,
  ) {}

  /** @param path names of the models around the layers of `model`, its own among them unless it is the outermost */
  callModel(model: KerasLayer, path: string[], inputs: string[]): string[] {
    if (!isSequential(model)) return this.callFunctional(model, path, inputs);
    return layersOf(model, path).reduce(
      (tensors, layer) => this.callLayer(layer, [...path, nameOf(layer)], tensors),
      inputs,
    );
  }

  /** Follows the references from the outputs back, so layers are called in an order that works. */
  private callFunctional(model: KerasLayer, path: string[], given: string[]): string[] {
    const { layers, inputs, outputs } = functionalConfig(model, path.join('/') || nameOf(model));
    const results = new Map<string, string[] | undefined>();
    inputs.forEach(({ layer, call }, i) => results.set(`${layer} ${call}`, [given[i]]));
    const tensorOf = ({ layer: name, call, output }: Reference): string => {
      const key = `${name} ${call}`;
      if (!results.has(key)) {
        results.set(key, undefined);
        const layer = findLayer(layers, name);
        const read = argumentsOf(layer, call);
        const tensors = references(read.positional[0]).map(tensorOf);
        results.set(key, this.callLayer(layer, [...path, name], tensors, withTensors(read, tensorOf)));
      }
      const tensor = results.get(key)?.[output];
      if (tensor !== undefined) return tensor;
      const wanted = `expected an output ${output} that does not lead back to it`;
      throw new ImportError('json', `${name}: ${wanted}, got none; states of an LSTM's memory are not given`);
    };
    return outputs.map(tensorOf);
  }

  private callLayer(
    layer: KerasLayer,
    path: string[],
    inputs: string[],
    read: Arguments = { positional: [], named: {} },
    changes: Settings = {},
  ): string[] {
    if (++this.calls > MOST_CALLS)
      throw new ImportError(
        'json',
        `${path.join('/')}: expected at most ${MOST_CALLS} calls of layers, got more`,
      );
    if (kindOf(layer) === 'InputLayer') return inputs;
    if (isModel(layer)) return this.callModel(layer, path, inputs);
    const config = new LayerConfig(path.join('/'), { ...(layer.config as Settings), ...changes });
    const { builder, store, dialect } = this;
    const inner = (
      wrapped: unknown,
      name: string | undefined,
      tensors: string[],
      settings?: Settings,
    ): string[] => {
      const one = innerLayer(wrapped, path.join('/'));
      return this.callLayer(one, [...path, name ?? nameOf(one)], tensors, undefined, settings);
    };
    return convert(layer, new LayerCall({ path, config, dialect, inputs, ...read, builder, store, inner }));
  }
}

function withTensors(
  { positional, named }: Arguments,
  tensorOf: (reference: Reference) => string,
): Arguments {
  const resolve = (reference: Reference): { tensor: string } => ({ tensor: tensorOf(reference) });
  return {
    positional: positional.map((argument) => resolved(argument, resolve)),
    named: resolved(named, resolve) as Record<string, unknown>,
  };
}

/** What does not fit an operator is told as a fault of the model. */
function convert(layer: KerasLayer, call: LayerCall): string[] {
  const spec = specOf(layer);
  if (!spec) throw new ImportError('layer', `${call.name} (${layer.class_name}): not supported`);
  checkOnlyInputs(layer, call);
  try {
    return [spec.convert(call)].flat();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError('shape', error.message, { cause: error });
  }
}

/** Tensors beyond the first argument are masks and first states, which only functions take. */
function checkOnlyInputs(layer: KerasLayer, { name, context: { positional, named } }: LayerCall): void {
  const more = JSON.stringify([positional.slice(1), named]).includes('{"tensor":');
  if (!more || isFunction(layer) || layer.class_name.endsWith('OpLambda')) return;
  throw new ImportError(
    'layer',
    `${name} (${layer.class_name}): expected its inputs alone, got a mask or first state as well; leave it out`,
  );
}
