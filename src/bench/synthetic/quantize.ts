/** The int8 form of an f32 architecture (FORMAT.md, Numbers): the ranges are analytic, so no sample is needed. */
import type { LopModel, LopNode, LopQuantization, LopTensor, LopWeight } from '../../format/index.js';
import { activationsOf, type Range } from './moments.js';

const { fround } = Math;
/** The bytes -127..127 of a symmetric weight. */
const LEVELS = 127;
/** Operators whose output has their input's quantization. */
const KEEPS_QUANTIZATION = ['max_pool2d', 'reshape'];

/** 255 steps over a range that holds 0; 0 is exactly a step. With 7 bits, 127 steps from 0 on over what is never negative. */
function quantizationFor({ min, max }: Range, bits: number): LopQuantization {
  if (bits === 7 && min >= 0) return { scale: fround(max / 127), zeroPoint: 0 };
  const low = Math.min(0, min);
  const scale = fround((Math.max(0, max) - low) / 255);
  return { scale, zeroPoint: Math.max(-128, Math.min(127, Math.round(-128 - low / scale))) };
}

/** Symmetric, one scale an output; an output without weights gets the greatest scale. */
function quantizeKernel({ shape, data }: LopWeight): { data: Int8Array; scale: Float32Array } {
  const [outputs] = shape;
  const size = data.length / outputs;
  const scale = new Float32Array(outputs);
  const quantized = new Int8Array(data.length);
  for (let o = 0; o < outputs; o++) {
    let most = 0;
    for (let k = o * size; k < (o + 1) * size; k++) most = Math.max(most, Math.abs(data[k]));
    scale[o] = most / LEVELS;
  }
  const greatest = scale.reduce((a, b) => Math.max(a, b));
  for (let o = 0; o < outputs; o++) {
    if (scale[o] === 0) scale[o] = greatest;
    for (let k = o * size; k < (o + 1) * size; k++)
      quantized[k] = Math.max(-LEVELS, Math.min(LEVELS, Math.round(data[k] / scale[o])));
  }
  return { data: quantized, scale };
}

function quantizeWeights(
  from: LopModel,
  to: LopModel,
  node: LopNode,
  input: LopQuantization,
): LopNode['weights'] {
  const kernel = from.weights.get(node.weights['kernel'])!;
  const bias = from.weights.get(node.weights['bias'])!;
  const { data, scale } = quantizeKernel(kernel);
  const whole = Int32Array.from(bias.data, (b, o) => Math.round(b / fround(input.scale * scale[o])));
  const name = `${kernel.name}/scale`;
  to.weights.set(kernel.name, { ...kernel, dtype: 'i8', data });
  to.weights.set(bias.name, { ...bias, dtype: 'i32', data: whole });
  to.weights.set(name, { name, shape: [scale.length], dtype: 'f32', data: scale, block: [1, 1] });
  return { kernel: kernel.name, bias: bias.name, scale: name };
}

const int8Tensor = (name: string, shape: number[], quantization: LopQuantization): LopTensor => ({
  name,
  shape,
  dtype: 'i8',
  quantization,
});

/** Adds a node that turns `from` into `tensor`, under its name. */
function convert(to: LopModel, op: 'quantize' | 'dequantize', from: string, tensor: LopTensor): void {
  const { name } = tensor;
  to.tensors.set(name, tensor);
  to.nodes.push({ name, op, inputs: [from], outputs: [name], attributes: {}, weights: {} });
}

/** Adds the int8 form of `node`, which reads `inputs`. */
function quantizeNode(
  from: LopModel,
  to: LopModel,
  node: LopNode,
  inputs: string[],
  range: Range,
  bits: number,
): void {
  const [output] = node.outputs;
  const tensor = from.tensors.get(output)!;
  const quantization = to.tensors.get(inputs[0])!.quantization!;
  const weights = node.weights['kernel'] ? quantizeWeights(from, to, node, quantization) : {};
  const own = KEEPS_QUANTIZATION.includes(node.op) ? quantization : quantizationFor(range, bits);
  const scores = node.op === 'dense' && from.outputs.includes(output);
  to.tensors.set(output, scores ? tensor : int8Tensor(output, tensor.shape, own));
  to.nodes.push({ ...node, inputs, weights });
}

/**
 * A copy of `model` in int8, as `compress` writes real ones: the input stays f32 and is quantized by the first node; a last
 * dense layer gives f32, anything else that ends the graph is dequantized. `bits`: 7 or 8, of activations behind a clamp at 0.
 */
export function quantizeModel(model: LopModel, bits = 8): LopModel {
  const { ranges } = activationsOf(model);
  const to: LopModel = { ...model, tensors: new Map(), weights: new Map(), nodes: [], metadata: {} };
  const input = model.tensors.get(model.inputs[0])!;
  const int8 = `${input.name}/i8`;
  to.tensors.set(input.name, input);
  convert(
    to,
    'quantize',
    input.name,
    int8Tensor(int8, input.shape, quantizationFor(ranges.get(input.name)!, 8)),
  );
  for (const node of model.nodes) {
    const inputs = node.inputs.map((name) => (name === input.name ? int8 : name));
    quantizeNode(model, to, node, inputs, ranges.get(node.outputs[0])!, bits);
  }
  const last = to.tensors.get(model.outputs[0])!;
  if (last.dtype === 'f32') return to;
  const output: LopTensor = { name: `${last.name}/f32`, shape: last.shape, dtype: 'f32' };
  convert(to, 'dequantize', last.name, output);
  return { ...to, outputs: [output.name] };
}
