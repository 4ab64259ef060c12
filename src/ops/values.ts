import { elements, type Quantization, type Tensor } from '../graph/graph.js';
import { activate, clampRange, type Activation } from './arithmetic.js';
import type { Values } from './op.js';

/** Zeroed room for a tensor's values. */
export function allocate(tensor: Tensor): Values {
  const length = elements(tensor.shape);
  return tensor.dtype === 'i8' ? new Int8Array(length) : new Float32Array(length);
}

/** The scale and zero point of an int8 tensor. */
export function quantizationOf(tensor: Tensor): Quantization {
  if (!tensor.quantization) throw new RangeError(`tensor '${tensor.name}': expected a scale, got none`);
  return tensor.quantization;
}

/** The stored value that means 0: the zero point of an int8 tensor, else 0. */
export function zeroOf(tensor: Tensor): number {
  return tensor.quantization?.zeroPoint ?? 0;
}

/** [height, width, channels] of an image; RangeError for another rank. */
export function imageShape(tensor: Tensor): [number, number, number] {
  if (tensor.shape.length !== 3) {
    throw new RangeError(
      `tensor '${tensor.name}': expected [height, width, channels], got [${tensor.shape}]`,
    );
  }
  return tensor.shape as [number, number, number];
}

/** `activation` of every value; an int8 output has its input's scale, so there it is a clamp. */
export function clampValues(x: Values, output: Tensor, activation: Activation): Values {
  if (output.dtype === 'f32') return Float32Array.from(x, (value) => activate(value, activation));
  const [lo, hi] = clampRange(activation, quantizationOf(output));
  return Int8Array.from(x, (value) => Math.min(hi, Math.max(lo, value)));
}
