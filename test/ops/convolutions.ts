import { elements } from '../../src/graph/index.js';
import type { Random } from '../helpers/random.js';
import { bytes, integers, randomQuantization, type Case, type Int8Case } from './helpers.js';

/** A random conv2d or depthwise_conv2d that fits its image. */
export function randomConvolution(r: Random, op: 'conv2d' | 'depthwise_conv2d'): Case {
  const channels = r.int(1, 5);
  const size = [r.int(1, 4), r.int(1, 4)];
  const dilations = [r.int(1, 2), r.int(1, 3)];
  const pads = integersOf(r, 4, 0, 3);
  const [height, width] = [0, 1].map((axis) => (size[axis] - 1) * dilations[axis] + 1 + r.int(0, 6));
  const kernel = op === 'conv2d' ? [r.int(1, 6), ...size, channels] : [channels * r.int(1, 3), ...size, 1];
  const activation = r.pick(['linear', 'relu', 'relu6']);
  return {
    op,
    inputs: [[height, width, channels]],
    attributes: { strides: integersOf(r, 2, 1, 3), dilations, pads, activation },
    weights: { kernel: { shape: kernel }, ...(r.next() < 0.7 && { bias: { shape: [kernel[0]] } }) },
  };
}

/** A random conv2d or conv_transpose2d of 1 to 4 groups. */
export function randomGrouped(r: Random, op: 'conv2d' | 'conv_transpose2d'): Case {
  const groups = r.int(1, 4);
  const inputs = r.int(1, 3);
  const kernel = [groups * r.int(1, 3), r.int(1, 4), r.int(1, 4), inputs];
  const dilations = integersOf(r, 2, 1, 3);
  const extent = [0, 1].map((axis) => (kernel[axis + 1] - 1) * dilations[axis] + 1);
  const pads = integersOf(r, 4, 0, 3).map((pad, side) => Math.min(pad, extent[side % 2] - 1));
  const [height, width] = extent.map((length) => length + r.int(0, 3));
  const padding = op === 'conv_transpose2d' && { output_padding: integersOf(r, 2, 0, 2) };
  const activation = r.pick(['linear', 'relu', 'relu6']);
  return {
    op,
    inputs: [[height, width, groups * inputs]],
    attributes: { strides: integersOf(r, 2, 1, 3), dilations, pads, groups, activation, ...padding },
    weights: { kernel: { shape: kernel }, bias: { shape: [kernel[0]] } },
  };
}

/** The same in int8, and in the real numbers that the int8 values stand for. */
export function randomInt8Convolution(
  r: Random,
  op: 'conv2d' | 'depthwise_conv2d',
): { spec: Int8Case; real: Case } {
  return quantizedLinear(r, randomConvolution(r, op));
}

/** An int8 version of a conv2d, depthwise_conv2d or dense: random weights, bias and scales. */
export function quantizedLinear(r: Random, base: Case): { spec: Int8Case; real: Case } {
  const input = randomQuantization(r);
  const { shape } = base.weights!.kernel;
  const outputs = shape[0];
  const kernel = bytes(r, elements(shape)).map((w) => Math.max(-127, w));
  const bias = integers(r, outputs, -20000, 20000);
  const scale = Float32Array.from({ length: r.pick([1, outputs]) }, () => 2 ** -r.int(4, 8));
  const scaleOf = (o: number): number => scale[o % scale.length];
  const perOutput = kernel.length / outputs;
  return {
    spec: {
      ...base,
      inputQuantization: [input],
      outputQuantization: {
        scale: Math.fround(input.scale * (1 + 20 * r.next())),
        zeroPoint: r.int(-128, 127),
      },
      weights: {
        kernel: { shape, dtype: 'i8', data: kernel },
        bias: { shape: [outputs], dtype: 'i32', data: bias },
        scale: { shape: [scale.length], dtype: 'f32', data: scale },
      },
    },
    real: {
      ...base,
      weights: {
        kernel: { shape, data: Array.from(kernel, (w, i) => w * scaleOf(Math.floor(i / perOutput))) },
        bias: { shape: [outputs], data: Array.from(bias, (b, o) => b * input.scale * scaleOf(o)) },
      },
    },
  };
}

/** Products an output of a conv2d, depthwise_conv2d or dense sums, with its bias. */
export function productsOf({ weights }: Case): number {
  return weights!.kernel.shape.slice(1).reduce((a, b) => a * b, 1) + 1;
}

/** The linear part alone. */
export function unbiased(spec: Case): Case {
  const { kernel } = spec.weights!;
  return { ...spec, attributes: { ...spec.attributes, activation: 'linear' }, weights: { kernel } };
}

export function integersOf(r: Random, length: number, lo: number, hi: number): number[] {
  return [...integers(r, length, lo, hi)];
}
