/** What conv2d, depthwise_conv2d and dense share around their sums of products: bias, scales, activation. */
import type { Weight } from '../graph/graph.js';
import {
  accumulatorScale,
  activate,
  clampRange,
  requantizeFactor,
  ROUND_LIMIT,
  store,
  type Activation,
} from './arithmetic.js';
import { activationOf } from './attributes.js';
import type { NodeView, OpSpec } from './op.js';
import { quantizationOf } from './values.js';

const { fround } = Math;

export const LINEAR_WEIGHTS = { required: ['kernel'], optional: ['bias', 'scale'] };

/** int8 -> f32 is for a last layer, whose scores then keep their resolution: dense only. */
export const CONVOLUTION_DTYPES: OpSpec['dtypes'] = [
  ['f32', 'f32'],
  ['i8', 'i8'],
];

/** Checks dtypes and shapes of kernel, bias and scale against each other, and that the kernel has `rank` dimensions. */
export function checkLinear({ inputs, weights, attributes }: Omit<NodeView, 'outputs'>, rank: number): void {
  const { kernel, bias, scale } = weights;
  activationOf(attributes);
  if (kernel.shape.length !== rank) {
    throw new RangeError(`kernel: expected ${rank} dimensions, got [${kernel.shape}]`);
  }
  if (kernel.dtype !== inputs[0].dtype) {
    throw new RangeError(`kernel: expected ${inputs[0].dtype} as its input is, got ${kernel.dtype}`);
  }
  const quantized = kernel.dtype === 'i8';
  if (quantized !== (scale !== undefined)) {
    throw new RangeError(
      `scale: expected exactly with an int8 kernel, got ${scale ? 'one' : 'none'} with ${kernel.dtype}`,
    );
  }
  const outputs = kernel.shape[0];
  if (bias) checkVector('bias', bias, quantized ? 'i32' : 'f32', [outputs]);
  if (scale) checkScale(scale, outputs);
}

function checkScale(scale: Weight, outputs: number): void {
  checkVector('scale', scale, 'f32', [outputs, 1]);
  const bad = scale.data.find((value) => !(value >= 0 && value < Infinity));
  if (bad !== undefined) throw new RangeError(`scale: expected finite numbers >= 0, got ${bad}`);
}

function checkVector(role: string, weight: Weight, dtype: string, lengths: number[]): void {
  if (weight.dtype !== dtype || weight.shape.length !== 1 || !lengths.includes(weight.shape[0])) {
    throw new RangeError(
      `${role}: expected ${dtype} [${lengths.join('] or [')}], got ${weight.dtype} [${weight.shape}]`,
    );
  }
}

/** The frame around an operator's sums. */
export interface Linear {
  /** A sum starts at its output's bias. */
  start: Float64Array;
  /** Takes the sum of output channel `o` to the stored output. */
  finish(sum: number, o: number): number;
}

/** f32 sums are kept in double and rounded once; int8 sums are whole numbers below 2^31, exact in double. */
export function linear(view: NodeView): Linear {
  const { kernel, bias } = view.weights;
  const start = bias ? Float64Array.from(bias.data) : new Float64Array(kernel.shape[0]);
  const activation = activationOf(view.attributes);
  if (kernel.dtype === 'f32') return { start, finish: (sum) => activate(fround(sum), activation) };
  return { start, finish: finishInt8(view, start, activation) };
}

function finishInt8(view: NodeView, bias: Float64Array, activation: Activation): Linear['finish'] {
  const input = quantizationOf(view.inputs[0]);
  const scales = channelScales(view.weights.scale, bias.length);
  const [output] = view.outputs;
  if (output.dtype === 'f32') {
    checkSums(view.weights.kernel, bias);
    const unit = scales.map((scale) => accumulatorScale(input.scale, scale));
    return (sum, o) => activate(fround(fround(sum) * unit[o]), activation);
  }
  const q = quantizationOf(output);
  const [lo, hi] = clampRange(activation, q);
  const m = scales.map((scale) => requantizeFactor(input.scale, scale, q.scale));
  checkSums(view.weights.kernel, bias, m);
  return (sum, o) => store(fround(fround(sum) * m[o]), q.zeroPoint, lo, hi);
}

function channelScales(scale: Weight, outputs: number): Float32Array {
  const { data } = scale;
  return data.length === 1 ? new Float32Array(outputs).fill(data[0]) : Float32Array.from(data);
}

/**
 * Refuses what FORMAT.md refuses: sums of int8 products that may leave i32, or that `factors` may take to where
 * `round` is not exact.
 */
export function checkSums(kernel: Weight, bias: ArrayLike<number>, factors?: ArrayLike<number>): void {
  const [outputs] = kernel.shape;
  const taps = kernel.data.length / outputs;
  for (let o = 0; o < outputs; o++) {
    let bound = Math.abs(bias[o]);
    for (let k = 0; k < taps; k++) bound += Math.abs(kernel.data[o * taps + k]) * 255;
    if (bound >= 2 ** 31) {
      throw new RangeError(
        `kernel '${kernel.name}', output ${o}: expected sums below 2^31, got up to ${bound}`,
      );
    }
    if (factors && bound * factors[o] >= ROUND_LIMIT) {
      throw new RangeError(
        `kernel '${kernel.name}', output ${o}: expected results below 2^22 quanta, got up to ${bound * factors[o]}`,
      );
    }
  }
}
