import { elements, type Attribute } from '../../graph/graph.js';
import type { GraphBuilder } from '../builder.js';
import { ImportError } from '../errors.js';
import { LayerConfig, type Dialect, type Settings } from './config.js';
import type { WeightStore } from './weight-store.js';

/** How one class of Keras layer becomes nodes. */
export interface LayerSpec {
  /** What in its settings no operator computes, and what to do; nothing where all is well. */
  faults?(settings: Settings): string[];
  /**
   * Adds the nodes; gives the tensor that the layer outputs, or its several. Asks for weights in the order in which
   * Keras creates them: a .keras file has no other name for them.
   */
  convert(call: LayerCall): string | string[];
}

/** What `LayerCall` is made of. */
export interface CallContext {
  /** Names of the models around the layer, then its own. */
  path: string[];
  config: LayerConfig;
  dialect: Dialect;
  /** Tensors it reads. */
  inputs: string[];
  /** All that it is called with, tensors as `{tensor}`: for layers that are functions. */
  positional: unknown[];
  named: Record<string, unknown>;
  builder: GraphBuilder;
  store: WeightStore;
  /** Converts a layer that is in this one's settings. */
  inner(layer: unknown, name: string | undefined, inputs: string[], changes?: Settings): string[];
}

interface NodeOptions {
  /** Appended to the layer's name. Default: nothing, which is for the node that the layer is. */
  as?: string;
  weights?: Record<string, string>;
  /** Of the output, for operators that leave it open. */
  shape?: number[];
}

/** One call of a layer: what it reads, its settings, and the graph that it adds nodes to. */
export class LayerCall {
  constructor(readonly context: CallContext) {}

  /** The name of the layer's (first) node. */
  get name(): string {
    return this.context.path.join('/');
  }

  get config(): LayerConfig {
    return this.context.config;
  }

  get dialect(): Dialect {
    return this.context.dialect;
  }

  get inputs(): string[] {
    return this.context.inputs;
  }

  /** The layer's only input. */
  get input(): string {
    const { inputs } = this;
    if (inputs.length === 1) return inputs[0];
    throw this.shapeError(`expected one input, got ${inputs.length}`);
  }

  shapeOf(tensor: string): number[] {
    return this.context.builder.shapeOf(tensor);
  }

  /** The shape of the only input; ImportError where it has another rank than `axes` names. */
  shapeLike(axes: string[]): number[] {
    const shape = this.shapeOf(this.input);
    if (shape.length === axes.length) return shape;
    throw this.shapeError(`expected an input [${axes.join(', ')}], got [${shape}]`);
  }

  node(
    op: string,
    inputs: string[],
    attributes: Record<string, Attribute> = {},
    { as, weights, shape }: NodeOptions = {},
  ): string {
    const name = as === undefined ? this.name : `${this.name}/${as}`;
    return this.context.builder.node(name, op, inputs, attributes, weights, shape);
  }

  reshape(tensor: string, shape: readonly number[], as = 'reshape'): string {
    if (`${this.shapeOf(tensor)}` === `${shape}`) return tensor;
    if (elements(shape) !== elements(this.shapeOf(tensor)))
      throw this.shapeError(`expected as many elements as in [${this.shapeOf(tensor)}], got [${shape}]`);
    return this.node('reshape', [tensor], {}, { as: as || undefined, shape: shape.slice() });
  }

  transpose(tensor: string, permutation: readonly number[], as = 'transpose'): string {
    if (permutation.every((axis, i) => axis === i)) return tensor;
    return this.node('transpose', [tensor], { permutation: permutation.slice() }, { as: as || undefined });
  }

  /** A constant of the layer's settings. */
  constant(as: string, values: readonly number[], shape: number[] = []): string {
    const { builder } = this.context;
    const weight = builder.weight(`${this.name}/${as}`, shape, () => Float32Array.from(values));
    return this.node('constant', [], {}, { as, weights: { value: weight } });
  }

  /** A weight as a tensor. */
  weightTensor(role: string, shape: number[], graphShape: number[] = shape): string {
    const permutation = shape.map((_, axis) => axis);
    const value = this.weight(role, shape, permutation, graphShape);
    return this.node('constant', [], {}, { as: role, weights: { value } });
  }

  /**
   * A weight of the layer in the graph's layout.
   * @param shape in the foreign model
   * @param permutation of its axes, then read as `graphShape`
   */
  weight(role: string, shape: number[], permutation = [0], graphShape: number[] = shape): string {
    const { builder, store, path } = this.context;
    return builder.weight(`${this.name}/${role}`, graphShape, () => {
      return store.take(path, role, shape, permutation);
    });
  }

  /** Parts of one foreign weight as several of the graph's, cut along its first axis. */
  weightRows(role: string, shape: number[], names: readonly string[]): string[] {
    const { builder, store, path } = this.context;
    const rowShape = shape.slice(1);
    let whole: Float32Array | undefined;
    return names.map((part, i) => {
      return builder.weight(`${this.name}/${part}`, rowShape, () => {
        whole ??= store.take(
          path,
          role,
          shape,
          shape.map((_, axis) => axis),
        );
        return whole.slice(i * elements(rowShape), (i + 1) * elements(rowShape));
      });
    });
  }

  bias(outputs: number): { bias?: string } {
    return this.config.flag('use_bias', true) ? { bias: this.weight('bias', [outputs]) } : {};
  }

  /** The same layer on other tensors, with some settings changed. */
  changed(inputs: string[], settings: Settings = {}): LayerCall {
    const config = new LayerConfig(this.config.path, { ...this.config.settings, ...settings });
    return new LayerCall({ ...this.context, inputs, config });
  }

  shapeError(message: string): ImportError {
    return new ImportError('shape', `${this.name}: ${message}`);
  }
}

export function channelsFirst(settings: Settings): boolean {
  return settings.data_format === 'channels_first';
}

/** A spec for channels-last images or sequences, with transposes around it where the layer has channels first. */
export function eitherFormat(spec: LayerSpec): LayerSpec {
  return {
    ...spec,
    convert(call) {
      if (!channelsFirst(call.config.settings)) return spec.convert(call);
      const inputs = call.inputs.map((input) =>
        call.transpose(input, firstToLast(call.shapeOf(input).length)),
      );
      const rank = call.shapeOf(inputs[0]).length;
      const outputs = [spec.convert(call.changed(inputs, { data_format: 'channels_last' }))].flat();
      return outputs.map((output) => {
        const same = call.shapeOf(output).length === rank;
        return same ? call.transpose(output, lastToFirst(rank), 'channels_first') : output;
      });
    },
  };
}

export function firstToLast(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis + 1) % rank);
}

function lastToFirst(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis + rank - 1) % rank);
}
