/**
 * Quantized patterns (dequantize, an operator, quantize) as the graph's own int8 nodes, where a model's int8 is kept:
 * ONNX' uint8 activations become int8 by a zero point 128 lower. What is not recognised stays f32 between them.
 */
import type { Attribute, Quantization } from '../../graph/graph.js';
import type { ForeignWeightData, Value } from '../values.js';
import type { Call } from './call.js';
import type { Codes, Operand } from './operand.js';

/** A node that sums products with a constant kernel, outputs first. */
export interface LinearNode {
  op: string;
  attributes: Record<string, Attribute>;
  /** Its input, as the node wants it. */
  input(x: Operand): Value;
  output(stored: Value): Operand;
  /** The second operand as the node's kernel: its real values, or its codes. */
  kernel(w: Operand): ForeignWeightData;
  /** ONNX' axis of the outputs in the second operand. */
  kernelAxis: number;
  bias?: Float32Array;
}

/** A constant in another order, for a weight. */
export function constantWeight(
  call: Call,
  w: Operand,
  order: readonly number[],
  shape?: readonly number[],
): ForeignWeightData {
  const value = call.arrange(w, order, shape);
  if (value.constant) return { shape: value.shape, data: value.constant };
  throw call.fault('kernel: expected a constant, got a tensor known only at run time');
}

/** The node in f32, or in int8 where its operands and its reader are so. */
export function emitLinear(call: Call, node: LinearNode): Operand {
  const int8 = int8Linear(call, node);
  if (int8) return int8;
  const { shape, data } = node.kernel(call.input(1));
  const { bias } = node;
  const weights = {
    kernel: call.weight(shape, data),
    ...(bias && { bias: call.weight([bias.length], bias) }),
  };
  return node.output(
    call.builder.op(call.name, node.op, [node.input(call.input(0))], node.attributes, weights),
  );
}

function int8Linear(call: Call, node: LinearNode): Operand | undefined {
  const x = call.input(0).int8;
  const w = call.input(1).int8;
  const q = quantizationOf(x?.codes);
  const reader = int8Reader(call);
  if (!x || !q || !w?.codes || !(reader || node.op === 'dense')) return undefined;
  const scale = Float32Array.from(w.codes.scale);
  const kernel = signedKernel(node.kernel(w), w.codes);
  if (!kernel || (scale.length !== 1 && w.codes.axis !== node.kernelAxis)) return undefined;
  const bias = node.bias && int8Bias(node.bias, q, scale);
  const weights = { kernel, scale: { shape: [scale.length], data: scale }, ...(bias && { bias }) };
  if (reader) return emitInt8(call, reader, [node.input(x)], node, weights);
  // A dense layer that nothing quantizes gives its sums as real values, as a graph's last one does.
  return node.output(call.builder.op(call.name, node.op, [node.input(x)], node.attributes, weights));
}

interface Int8Node {
  op: string;
  attributes: Record<string, Attribute>;
  output(stored: Value): Operand;
}

/** An int8 node with the quantization of the one that reads it, as its real values. */
function emitInt8(
  call: Call,
  { activation, codes, quantization }: Int8Reader,
  inputs: Value[],
  { op, attributes, output }: Int8Node,
  weights: Record<string, ForeignWeightData> = {},
): Operand {
  const all = { ...attributes, ...(activation !== 'linear' && { activation }) };
  const stored = call.builder.op(call.name, op, inputs, all, weights, undefined, quantization);
  return { ...realOf(call, { ...output(stored), codes }), isClamped: activation !== 'linear' };
}

/** A node without weights, in int8 where all its operands and its reader are so; undefined where they are not. */
export function int8Node(
  call: Call,
  inputs: (operands: Operand[]) => Value[],
  node: Int8Node,
  takesActivation = false,
): Operand | undefined {
  const operands = call.operands.map((x) => x?.int8);
  const reader = int8Reader(call);
  if (!reader || (reader.activation !== 'linear' && !takesActivation)) return undefined;
  if (!operands.every((x): x is Operand => quantizationOf(x?.codes) !== undefined && !x?.stored.constant))
    return undefined;
  return emitInt8(call, reader, inputs(operands), node);
}

/** With zero points of 0, or uint8 around 128. */
function signedKernel(
  { shape, data }: ForeignWeightData,
  { range, zeroPoint }: Codes,
): ForeignWeightData | undefined {
  const shift = range[0] === 0 ? 128 : 0;
  if (range[1] - range[0] !== 255 || Array.from(zeroPoint).some((zero) => zero !== shift)) return undefined;
  return { shape, data: Int8Array.from(data, (code) => code - shift) };
}

/** In units of input scale times kernel scale, as ONNX' own int32 biases are. */
function int8Bias(bias: Float32Array, { scale }: Quantization, kernelScale: Float32Array): ForeignWeightData {
  const unit = (o: number): number => scale * kernelScale[kernelScale.length === 1 ? 0 : o];
  return { shape: [bias.length], data: Int32Array.from(bias, (value, o) => Math.round(value / unit(o))) };
}

/** The int8 scale and zero point of codes of 8 bits, one of each. */
export function quantizationOf(codes: Codes | undefined): Quantization | undefined {
  if (!codes || codes.scale.length !== 1 || codes.range[1] - codes.range[0] !== 255) return undefined;
  const zeroPoint = codes.zeroPoint[0] - (codes.range[0] === 0 ? 128 : 0);
  return { scale: Math.fround(codes.scale[0]), zeroPoint };
}

export interface Int8Reader {
  activation: string;
  codes: Codes;
  quantization: Quantization;
}

/** How the only reader of the node's output quantizes it, perhaps behind a Relu or Clip; undefined where it does not. */
function int8Reader(call: Call): Int8Reader | undefined {
  if (!call.around.keepsInt8) return undefined;
  const reader = call.around.onlyReader(call.node.outputs[0]);
  const activation = reader && activationOf(call, reader.op, reader.inputs);
  const quantizer = activation ? call.around.onlyReader(reader.outputs[0]) : reader;
  if (quantizer?.op !== 'QuantizeLinear') return undefined;
  const codes = readerCodes(call, quantizer.inputs);
  const quantization = quantizationOf(codes);
  return codes && quantization && { activation: activation ?? 'linear', codes, quantization };
}

function readerCodes(call: Call, [, scale, zeroPoint]: readonly string[]): Codes | undefined {
  const [s, z] = [scale, zeroPoint].map((name) => call.around.known(name ?? '')?.stored.constant);
  return s && codesOf(s, z);
}

function activationOf(call: Call, op: string, inputs: readonly string[]): string | undefined {
  if (op === 'Relu') return 'relu';
  if (op !== 'Clip') return undefined;
  const [low, high] = inputs.slice(1).map((name) => call.around.known(name)?.stored.constant?.[0]);
  return low === 0 && high === 6 ? 'relu6' : undefined;
}

/** 16 bits stand in Int32Array, whichever sign they have. */
const WIDE: [number, number] = [-32768, 65535];

/** @param zeroPoint its type is the codes' type */
export function codesOf(
  scale: ArrayLike<number>,
  zeroPoint: ArrayLike<number> | undefined,
  axis = 0,
  range: [number, number] = [0, 255],
): Codes {
  const zeros = zeroPoint ?? new Float32Array(scale.length);
  return { scale, zeroPoint: zeros, axis, range: rangeOf(zeroPoint) ?? range };
}

/** Least and greatest of an array's elements; undefined for floats. */
export function rangeOf(data: ArrayLike<number> | undefined): [number, number] | undefined {
  if (data instanceof Uint8Array) return [0, 255];
  if (data instanceof Int8Array) return [-128, 127];
  return data instanceof Int32Array ? WIDE : undefined;
}

/** The real values of an int8 operand, which stays at hand. */
export function realOf(call: Call, int8: Operand): Operand {
  const { stored } = int8;
  const real = call.builder.op(`${call.name}/real`, 'dequantize', [stored], {}, {}, stored.shape);
  return { ...int8, stored: real, kind: 'float', codes: undefined, int8 };
}
