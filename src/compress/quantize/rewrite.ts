import { cloneGraph, insertAfter, removeUnused, setWeight, uniqueName } from '../../graph/index.js';
import { weightsOf, type Graph, type Node, type Tensor, type Weight } from '../../graph/index.js';
import { accumulatorScale } from '../../ops/arithmetic.js';
import { checkGraph } from '../../ops/check.js';
import { getOp } from '../../ops/table.js';
import { checkPatterns } from '../pattern.js';
import { correctedBias } from './bias.js';
import { nodeDomains, type Domain } from './domains.js';
import { checkLimits } from './limits.js';
import { quantizationFor, type Range } from './range.js';
import { quantizeKernel, type QuantizedKernel, type WeightOptions } from './weights.js';

export interface QuantizeOptions {
  weights: WeightOptions;
  /** `bits` 7: see `quantizationFor`. Default 8. */
  activations?: { bits: number };
  /** Layer patterns that stay f32. */
  float: readonly string[];
}

/**
 * The int8 form of a folded f32 graph, as FORMAT.md "Arithmetic" says. Inputs and outputs of the graph stay f32; `quantize`
 * and `dequantize` nodes stand where int8 begins and ends. `graph` stays as it is.
 *
 * @param ranges of every activation, by tensor name: see `calibrate`
 * @throws RangeError where a pattern fits no layer, or a layer's sums could leave the exact range
 */
export function quantizeGraph(
  graph: Graph,
  ranges: ReadonlyMap<string, Range>,
  options: QuantizeOptions,
): Graph {
  const names = graph.nodes.map(({ name }) => name);
  checkPatterns('quantize.float', options.float, names);
  const quantized = cloneGraph(graph);
  const domains = nodeDomains(quantized, options.float);
  const converter = new Converter(quantized, domains, ranges, options.activations?.bits);
  const kernels = new Map<string, QuantizedKernel>();
  for (const node of quantized.nodes.slice()) {
    const means = ranges.get(node.inputs[0])?.means;
    converter.convertInputs(node);
    if (domains.get(node) === 'f32') continue;
    if (node.weights.kernel !== undefined) quantizeWeights(quantized, node, kernels, options.weights, means);
    if (domains.get(node) === 'i8') converter.quantizeOutput(node);
  }
  quantized.outputs = quantized.outputs.map((name) => converter.asFloat(name));
  removeUnused(quantized);
  checkGraph(quantized);
  checkLimits(quantized);
  return quantized;
}

/** Inserts `quantize` and `dequantize`, one each for a tensor at most. */
class Converter {
  readonly #graph: Graph;
  readonly #domains: ReadonlyMap<Node, Domain>;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #bits: number;
  readonly #converted = new Map<string, string>();

  constructor(
    graph: Graph,
    domains: ReadonlyMap<Node, Domain>,
    ranges: ReadonlyMap<string, Range>,
    bits = 8,
  ) {
    this.#bits = bits;
    this.#graph = graph;
    this.#domains = domains;
    this.#ranges = ranges;
  }

  convertInputs(node: Node): void {
    const int8 = this.#domains.get(node) !== 'f32';
    node.inputs = node.inputs.map((name) => (int8 ? this.#asInt8(name) : this.asFloat(name)));
  }

  quantizeOutput(node: Node): void {
    const output = this.#graph.tensors.get(node.outputs[0])!;
    const input = this.#graph.tensors.get(node.inputs[0])!;
    output.dtype = 'i8';
    output.quantization = getOp(node.op).keepsQuantization
      ? { ...input.quantization! }
      : quantizationFor(this.#rangeOf(output.name), this.#bits);
  }

  asFloat(name: string): string {
    const tensor = this.#graph.tensors.get(name)!;
    if (tensor.dtype !== 'i8') return name;
    return this.#convert(tensor, 'dequantize', { name: `${name}/f32`, shape: tensor.shape, dtype: 'f32' });
  }

  #asInt8(name: string): string {
    const tensor = this.#graph.tensors.get(name)!;
    if (tensor.dtype === 'i8') return name;
    const quantization = quantizationFor(this.#rangeOf(name), this.#bits);
    return this.#convert(tensor, 'quantize', {
      name: `${name}/i8`,
      shape: tensor.shape,
      dtype: 'i8',
      quantization,
    });
  }

  #convert(tensor: Tensor, op: 'quantize' | 'dequantize', wanted: Tensor): string {
    const done = this.#converted.get(tensor.name);
    if (done !== undefined) return done;
    const output = { ...wanted, name: uniqueName(this.#graph.tensors, wanted.name) };
    insertAfter(this.#graph, tensor.name, { op, name: output.name, output, readers: [] });
    this.#converted.set(tensor.name, output.name);
    return output.name;
  }

  #rangeOf(name: string): Range {
    const range = this.#ranges.get(name);
    if (range === undefined) throw new RangeError(`ranges: expected one of tensor '${name}', got none`);
    return range;
  }
}

/** Biases stay below it, so that there is room for the sum. */
const BIAS_LIMIT = 2 ** 30;

/** Kernel to int8, with its scales; bias to i32 in units of input scale times weight scale. */
function quantizeWeights(
  graph: Graph,
  node: Node,
  kernels: Map<string, QuantizedKernel>,
  options: WeightOptions,
  means: Float32Array | undefined,
): void {
  const { kernel, bias } = weightsOf(graph, node);
  const input = graph.tensors.get(node.inputs[0])!.quantization!;
  const leastScales = bias && Array.from(bias.data, (b) => Math.abs(b) / (BIAS_LIMIT * input.scale));
  const done =
    kernels.get(kernel.name) ??
    quantizeKernel(kernel.data as Float32Array, kernel.shape, { ...options, leastScales });
  kernels.set(kernel.name, done);
  const { data, scale } = done;
  attach(graph, node, 'kernel', { ...kernel, dtype: 'i8', data });
  attach(graph, node, 'scale', vector(`${kernel.name}/scale`, 'f32', scale));
  if (bias === undefined) return;
  const real = bias.data as Float32Array;
  const corrected = means ? correctedBias(real, kernel, done, means) : real;
  const whole = Int32Array.from(corrected, (b, o) => {
    const unit = accumulatorScale(input.scale, scale[scale.length === 1 ? 0 : o]);
    return checkedBias(node, Math.round(b / unit));
  });
  attach(graph, node, 'bias', vector(bias.name, 'i32', whole));
}

/** Adds a weight under its name with the dtype, which shared layers find again; biases differ by their input's scale. */
function attach(graph: Graph, node: Node, role: string, weight: Weight): void {
  const base = role === 'bias' ? `${weight.name}/${node.name}` : weight.name;
  setWeight(graph, node, role, { ...weight, name: role === 'scale' ? base : `${base}/${weight.dtype}` });
}

function vector(name: string, dtype: 'f32' | 'i32', data: Float32Array | Int32Array): Weight {
  return { name, shape: [data.length], dtype, data, block: [1, 1] };
}

function checkedBias(node: Node, value: number): number {
  if (Math.abs(value) < 2 ** 31) return value;
  throw new RangeError(
    `node '${node.name}': expected a bias below 2^31 quanta, got ${value}; name it in quantize.float`,
  );
}
