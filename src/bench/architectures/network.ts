/** Builds the graph of an architecture layer by layer: shapes and names now, weights later (see `synthetic/`). */
import type { LopAttribute, LopModel, LopNode } from '../../format/index.js';

export type Activation = 'linear' | 'relu' | 'relu6';

/** Pads [top, left, bottom, right], or TensorFlow's SAME (the odd pixel goes to the bottom and the right). */
export type Padding = 'same' | 'valid' | readonly [number, number, number, number];

export interface WindowOptions {
  /** Taps [rows, columns], or the side of a square. */
  size: number | readonly [number, number];
  /** Default 1. */
  stride?: number;
  /** Default `same`. */
  padding?: Padding;
}

export interface ConvolutionOptions extends WindowOptions {
  /** Default `linear`. */
  activation?: Activation;
}

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

/** TensorFlow's SAME along one axis: `ceil(length / stride)` outputs, pads [before, after]. */
export function samePads(length: number, taps: number, stride: number): [before: number, after: number] {
  const outputs = Math.ceil(length / stride);
  const total = Math.max(0, (outputs - 1) * stride + taps - length);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/**
 * A network under construction. Every method adds one node behind `from` (default: the node added last) and returns the
 * name of its output tensor, which is also the node's name.
 */
export class Network {
  /** Name of the tensor that the next layer reads by default. */
  last: string;
  readonly #model: LopModel;

  constructor(input: readonly number[], name = 'input') {
    this.last = name;
    this.#model = {
      inputs: [name],
      outputs: [],
      tensors: new Map([[name, { name, shape: [...input], dtype: 'f32' }]]),
      weights: new Map(),
      nodes: [],
      metadata: {},
    };
  }

  conv(name: string, filters: number, options: ConvolutionOptions, from = this.last): string {
    const channels = this.shape(from)[2];
    const { size, attributes, output } = this.#slide(options, from);
    const weights = this.#linear(name, [filters, ...size, channels]);
    return this.#node('conv2d', name, [from], [...output, filters], attributes, weights);
  }

  depthwise(name: string, options: ConvolutionOptions, from = this.last): string {
    const channels = this.shape(from)[2];
    const { size, attributes, output } = this.#slide(options, from);
    const weights = this.#linear(name, [channels, ...size, 1]);
    return this.#node('depthwise_conv2d', name, [from], [...output, channels], attributes, weights);
  }

  dense(name: string, units: number, activation: Activation = 'linear', from = this.last): string {
    const weights = this.#linear(name, [units, product(this.shape(from))]);
    return this.#node('dense', name, [from], [units], { activation }, weights);
  }

  add(name: string, a: string, b: string, activation: Activation = 'linear'): string {
    return this.#node('add', name, [a, b], this.shape(a), { activation });
  }

  maxPool(name: string, options: WindowOptions, from = this.last): string {
    const { size, attributes, output } = this.#slide(options, from);
    const { strides, pads } = attributes;
    return this.#node('max_pool2d', name, [from], [...output, this.shape(from)[2]], { size, strides, pads });
  }

  globalAveragePool(name: string, from = this.last): string {
    return this.#node('global_avg_pool2d', name, [from], [this.shape(from)[2]]);
  }

  shape(tensor: string): number[] {
    const known = this.#model.tensors.get(tensor);
    if (!known) throw new RangeError(`tensor: expected one of this network, got '${tensor}'`);
    return known.shape;
  }

  /** The dense f32 graph; all weights are zero until `drawWeights` fills them. */
  finish(): LopModel {
    this.#model.outputs = [this.last];
    return this.#model;
  }

  /** A window's attributes and how many rows and columns come out. */
  #slide({ size, stride = 1, padding = 'same', ...rest }: ConvolutionOptions, from: string) {
    const [height, width] = this.shape(from);
    const [rows, columns] = typeof size === 'number' ? [size, size] : size;
    const [top, left, bottom, right] = resolvePads(padding, [height, width], [rows, columns], stride);
    const attributes: Record<string, LopAttribute> = {
      strides: [stride, stride],
      pads: [top, left, bottom, right],
      activation: rest.activation ?? 'linear',
    };
    const output = [
      Math.floor((height + top + bottom - rows) / stride) + 1,
      Math.floor((width + left + right - columns) / stride) + 1,
    ];
    return { size: [rows, columns], attributes, output };
  }

  #linear(name: string, kernel: number[]): LopNode['weights'] {
    const roles = { kernel, bias: [kernel[0]] };
    return Object.fromEntries(
      Object.entries(roles).map(([role, shape]) => {
        const weight = `${name}/${role}`;
        const data = new Float32Array(product(shape));
        this.#model.weights.set(weight, { name: weight, shape, dtype: 'f32', data, block: [1, 1] });
        return [role, weight];
      }),
    );
  }

  #node(
    op: string,
    name: string,
    inputs: string[],
    shape: number[],
    attributes: LopNode['attributes'] = {},
    weights: LopNode['weights'] = {},
  ): string {
    if (this.#model.tensors.has(name))
      throw new RangeError(`layer: expected a new name, got '${name}' again`);
    this.#model.tensors.set(name, { name, shape: [...shape], dtype: 'f32' });
    this.#model.nodes.push({ name, op, inputs, outputs: [name], attributes, weights });
    return (this.last = name);
  }
}

function resolvePads(
  padding: Padding,
  [height, width]: readonly number[],
  [rows, columns]: readonly number[],
  stride: number,
): readonly number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') return padding;
  const [top, bottom] = samePads(height, rows, stride);
  const [left, right] = samePads(width, columns, stride);
  return [top, left, bottom, right];
}
