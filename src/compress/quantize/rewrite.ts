import {
  copyGraph,
  GraphIndex,
  insertAfter,
  removeUnused,
  setWeight,
  uniqueName,
  weightsOf,
  type Graph,
  type Node,
  type Quantization,
  type Tensor,
  type Weight,
} from '../../graph/index.js';
import { accumulatorScale, quantizeValue } from '../../ops/arithmetic.js';
import { checkGraph } from '../../ops/check.js';
import { correctedBias } from './bias.js';
import { shareFloatWeights, shareWeights, type CodebookOptions } from './codebook.js';
import { nodeDomains, type Domain } from './domains.js';
import { functionOf, int8Inputs } from './forms.js';
import { roundedToHalf } from './half.js';
import { checkLimits } from './limits.js';
import { lookupTable } from './lookup.js';
import {
  isFloat,
  precisionsOf,
  type CodebookPrecision,
  type Precision,
  type PrecisionOptions,
} from './precision.js';
import type { Range } from './range.js';
import { Scales } from './scales.js';
import { quantizeKernel, type QuantizedKernel, type WeightOptions } from './weights.js';

export interface QuantizeOptions extends PrecisionOptions {
  /** `bits` 7: see `quantizationFor`. Default 8. */
  activations?: { bits: number };
  /** Biases take up what rounded weights do to the means of outputs: see `correctedBias`. Default true. */
  biasCorrection?: boolean;
  /** Kernels that are int8 already, by name, as training gave them. */
  kernels?: ReadonlyMap<string, QuantizedKernel>;
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
  const precisions = precisionsOf(graph, options);
  const quantized = copyGraph(graph);
  const index = new GraphIndex(quantized);
  const domains = nodeDomains(index, ({ name }) => isFloat(precisions.get(name)!));
  const scales = new Scales(index, domains, ranges, options.activations?.bits ?? 8);
  const functions = new Map(quantized.nodes.map((node) => [node, functionOf(index, node)]));
  const converter = new Converter(quantized, domains, scales);
  const kernels = new Map(options.kernels);
  for (const node of quantized.nodes.slice()) {
    const means = options.biasCorrection === false ? undefined : ranges.get(node.inputs[0])?.means;
    const precision = precisions.get(node.name)!;
    const one = domains.get(node) === 'i8' ? functions.get(node) : undefined;
    if (one) node.inputs = [one.x];
    converter.convertInputs(node);
    if (domains.get(node) === 'f32') {
      if (node.weights.kernel !== undefined) storeFloat(quantized, node, precision);
      continue;
    }
    const { per } = options.weights;
    if (node.weights.kernel !== undefined)
      quantizeWeights(quantized, node, kernels, { precision, per }, means);
    if (domains.get(node) === 'i8') converter.quantizeOutput(node);
    if (one) becomeLookup(quantized, node, one.f);
  }
  quantized.outputs = quantized.outputs.map((name) => converter.asFloat(name));
  removeUnused(quantized);
  checkGraph(quantized);
  checkLimits(quantized);
  return quantized;
}

/** Inserts `quantize` and `dequantize`, one each for a tensor and scale at most. */
class Converter {
  readonly #graph: Graph;
  readonly #domains: ReadonlyMap<Node, Domain>;
  readonly #scales: Scales;
  readonly #converted = new Map<string, string>();
  /** Constants by the name of their output: they are read as they are needed. */
  readonly #constants: ReadonlyMap<string, Node>;

  constructor(graph: Graph, domains: ReadonlyMap<Node, Domain>, scales: Scales) {
    this.#graph = graph;
    this.#domains = domains;
    this.#scales = scales;
    const constants = graph.nodes.filter(({ op }) => op === 'constant');
    this.#constants = new Map(constants.map((node) => [node.outputs[0], node]));
  }

  convertInputs(node: Node): void {
    const int8 = new Set(this.#domains.get(node) === 'f32' ? [] : int8Inputs(node));
    const scaleOf = (name: string): Quantization => this.#scales.ofInput(node, name);
    node.inputs = node.inputs.map((name) =>
      int8.has(name) ? this.#asInt8(name, scaleOf) : this.asFloat(name),
    );
  }

  quantizeOutput(node: Node): void {
    const output = this.#graph.tensors.get(node.outputs[0])!;
    output.dtype = 'i8';
    output.quantization = this.#scales.ofOutput(node);
  }

  asFloat(name: string): string {
    const tensor = this.#graph.tensors.get(name)!;
    if (tensor.dtype !== 'i8') return name;
    return this.#convert(tensor, 'dequantize', { name: `${name}/f32`, shape: tensor.shape, dtype: 'f32' });
  }

  #asInt8(name: string, scaleOf: (name: string) => Quantization): string {
    const tensor = this.#graph.tensors.get(name)!;
    if (tensor.dtype === 'i8') return name;
    const quantization = scaleOf(name);
    const wanted: Tensor = { name: `${name}/i8`, shape: tensor.shape, dtype: 'i8', quantization };
    const constant = this.#constants.get(name);
    return constant ? this.#int8Constant(constant, wanted) : this.#convert(tensor, 'quantize', wanted);
  }

  #convert(tensor: Tensor, op: 'quantize' | 'dequantize', wanted: Tensor): string {
    return this.#once(tensor.name, wanted, (output) => {
      insertAfter(this.#graph, tensor.name, { op, name: output.name, output, readers: [] });
    });
  }

  #int8Constant(constant: Node, wanted: Tensor): string {
    return this.#once(constant.outputs[0], wanted, (output) => {
      const { shape, data } = this.#graph.weights.get(constant.weights.value)!;
      const node: Node = { ...constant, name: output.name, outputs: [output.name], weights: {} };
      const values = Int8Array.from(data, (value) => quantizeValue(value, output.quantization!));
      const name = uniqueName(this.#graph.weights, `${output.name}/value`);
      setWeight(this.#graph, node, 'value', { name, shape, dtype: 'i8', data: values, block: [1, 1] });
      this.#graph.tensors.set(output.name, output);
      this.#graph.nodes.splice(this.#graph.nodes.indexOf(constant) + 1, 0, node);
    });
  }

  /** `make`s the tensor that `from` is converted to, unless there is one. */
  #once(from: string, wanted: Tensor, make: (output: Tensor) => void): string {
    const { scale, zeroPoint } = wanted.quantization ?? {};
    const key = `${from} ${wanted.dtype} ${scale} ${zeroPoint}`;
    const done = this.#converted.get(key);
    if (done !== undefined) return done;
    const output = { ...wanted, name: uniqueName(this.#graph.tensors, wanted.name) };
    make(output);
    this.#converted.set(key, output.name);
    return output.name;
  }
}

/** The int8 node becomes the table of `f`. */
function becomeLookup(graph: Graph, node: Node, f: (x: number) => number): void {
  const [input, output] = [node.inputs[0], node.outputs[0]].map(
    (name) => graph.tensors.get(name)!.quantization!,
  );
  const data = lookupTable(f, input, output);
  const name = uniqueName(graph.weights, `${node.name}/table`);
  Object.assign(node, { op: 'lookup', attributes: {}, weights: {} });
  setWeight(graph, node, 'table', { name, shape: [data.length], dtype: 'i8', data, block: [1, 1] });
}

/** Biases stay below it, so that there is room for the sum. */
const BIAS_LIMIT = 2 ** 30;

/** What the kernel of a layer that computes in f32 is stored as. */
function storeFloat(graph: Graph, node: Node, precision: Precision): void {
  const { kernel } = weightsOf(graph, node);
  const real = kernel.data as Float32Array;
  if (precision === 'f16') kernel.data = roundedToHalf(real) ?? real;
  else if (typeof precision === 'object') kernel.data = shareFloatWeights(real, codebookOf(precision));
}

const codebookOf = ({ codebook, ...options }: CodebookPrecision): CodebookOptions => ({
  entries: codebook,
  ...options,
});

/** An int8 layer's precision, and whether its kernel has a scale a channel. */
type KernelOptions = Pick<WeightOptions, 'per' | 'leastScales'> & { precision: Precision };

function int8Kernel({ data, shape }: Weight, { precision, ...options }: KernelOptions): QuantizedKernel {
  const real = data as Float32Array;
  const bits = typeof precision === 'number' ? precision : 8;
  const kernel = quantizeKernel(real, shape, { ...options, bits });
  return typeof precision === 'object' ? shareWeights(real, kernel, codebookOf(precision)) : kernel;
}

/** Kernel to int8, with its scales; bias to i32 in units of input scale times weight scale. */
function quantizeWeights(
  graph: Graph,
  node: Node,
  kernels: Map<string, QuantizedKernel>,
  options: KernelOptions,
  means: Float32Array | undefined,
): void {
  const { kernel, bias } = weightsOf(graph, node);
  const input = graph.tensors.get(node.inputs[0])!.quantization!;
  const leastScales = bias && Array.from(bias.data, (b) => Math.abs(b) / (BIAS_LIMIT * input.scale));
  const done = kernels.get(kernel.name) ?? int8Kernel(kernel, { ...options, leastScales });
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
