/** Kernels and biases in the int8 that a file gives them. */
import {
  setWeight,
  uniqueName,
  weightsOf,
  type Graph,
  type Node,
  type Quantization,
  type Weight,
} from '../../graph/index.js';
import { requantizeFactor } from '../../ops/arithmetic.js';
import { checkSums } from '../../ops/linear.js';
import type { Quantized } from './quantized.js';

/**
 * Gives `node` its kernel, scale and bias in int8. The real values are whole multiples of the scale, so the stored ones come back exactly;
 * a uint8 kernel whose zero point leaves values beyond +-127 is quantized anew, symmetrically per output channel.
 * @returns false, with the node as it was, where the file has no scale for the kernel, or sums could leave the exact range
 */
export function int8Weights(
  graph: Graph,
  node: Node,
  input: Quantization,
  output: Quantization,
  { kernels }: Quantized,
): boolean {
  const { kernel, bias } = weightsOf(graph, node);
  const given = kernels.get(kernel.data as Float32Array);
  const [outputs] = kernel.shape;
  if (!given || (given.length !== 1 && given.length !== outputs)) return false;
  const scale = fittingScales(kernel, given);
  const size = kernel.data.length / outputs;
  const data = Int8Array.from(kernel.data, (w, i) => Math.round(w / scale[Math.floor(i / size)]) || 0);
  const whole = Int32Array.from({ length: outputs }, (_, o) =>
    Math.round((bias?.data[o] ?? 0) / (input.scale * scale[o]) || 0),
  );
  const stored: Weight = {
    ...kernel,
    name: uniqueName(graph.weights, `${kernel.name}/i8`),
    dtype: 'i8',
    data,
  };
  const factors = scale.map((s) => requantizeFactor(input.scale, s, output.scale));
  if (!fits(stored, whole, factors)) return false;
  setWeight(graph, node, 'kernel', stored);
  setWeight(graph, node, 'scale', vector(graph, `${kernel.name}/scale`, 'f32', scale));
  if (bias) setWeight(graph, node, 'bias', vector(graph, `${bias.name}/i32`, 'i32', whole));
  return true;
}

/** The file's scales, one an output channel; a channel that does not fit int8 by its own gets a wider one. */
function fittingScales({ data, shape: [outputs] }: Weight, given: readonly number[]): Float32Array {
  const size = data.length / outputs;
  return Float32Array.from({ length: outputs }, (_, o) => {
    const own = given[given.length === 1 ? 0 : o];
    let [least, most] = [0, 0];
    for (let i = o * size; i < (o + 1) * size; i++) {
      least = Math.min(least, data[i]);
      most = Math.max(most, data[i]);
    }
    const isWide = Math.round(most / own) > 127 || Math.round(least / own) < -128;
    return isWide ? Math.max(most, -least) / 127 : own;
  });
}

function fits(kernel: Weight, bias: Int32Array, factors: Float32Array): boolean {
  try {
    checkSums(kernel, bias, factors);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function vector(graph: Graph, name: string, dtype: 'f32' | 'i32', data: Float32Array | Int32Array): Weight {
  return { name: uniqueName(graph.weights, name), shape: [data.length], dtype, data, block: [1, 1] };
}
