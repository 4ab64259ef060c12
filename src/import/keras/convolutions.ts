/** Conv, DepthwiseConv, SeparableConv and ConvTranspose over sequences and images. */
import { activationFaults, withActivation } from './activations.js';
import type { Settings } from './config.js';
import { eitherFormat, type LayerCall, type LayerSpec } from './layer.js';
import { imageBack, imageOf, windowOf, windowPads, type Rank, type Window } from './spatial.js';

/** Keras' kernels are [KH, KW, I, O], and [KH, KW, C, M] for a depthwise one; a graph's have outputs first. */
const OUTPUTS_FIRST = [3, 0, 1, 2];
const DEPTHWISE_FIRST = [2, 3, 0, 1];
/** Of a transposed convolution: [KH, KW, O, I]. */
const TRANSPOSED_OUTPUTS_FIRST = [2, 0, 1, 3];

/** Conv1D, Conv2D */
export function convolution(rank: Rank): LayerSpec {
  return eitherFormat({
    faults: activationFaults,
    convert(call) {
      const { config } = call;
      const { tensor, shape } = imageOf(call, rank);
      const window = windowOf(call, rank);
      const outputs = config.count('filters');
      const groups = config.count('groups', 1);
      const inputs = shape[2] / groups;
      if (!Number.isInteger(inputs) || outputs % groups !== 0)
        throw call.shapeError(`groups: expected a divisor of ${shape[2]} and ${outputs}, got ${groups}`);
      const kernel = kernelOf(call, 'kernel', rank, [...window.size, inputs, outputs], OUTPUTS_FIRST);
      const weights = { kernel, ...call.bias(outputs) };
      const attributes = { ...attributesOf(call, rank, shape, window), ...(groups > 1 && { groups }) };
      return withActivation(call, (activation) => {
        const image = call.node('conv2d', [tensor], { ...attributes, activation }, { weights });
        return imageBack(call, image, rank);
      });
    },
  });
}

/** DepthwiseConv1D, DepthwiseConv2D */
export function depthwise(rank: Rank): LayerSpec {
  return eitherFormat({
    faults: activationFaults,
    convert(call) {
      const { tensor, shape } = imageOf(call, rank);
      const { kernel, outputs, attributes } = depthwiseParts(call, rank, shape);
      const weights = { kernel, ...call.bias(outputs) };
      return withActivation(call, (activation) => {
        const image = call.node('depthwise_conv2d', [tensor], { ...attributes, activation }, { weights });
        return imageBack(call, image, rank);
      });
    },
  });
}

/** SeparableConv1D, SeparableConv2D: a depthwise convolution, then a 1x1 convolution with bias and activation. */
export function separable(rank: Rank): LayerSpec {
  return eitherFormat({
    faults: activationFaults,
    convert(call) {
      const { tensor, shape } = imageOf(call, rank);
      const { kernel, outputs: spread, attributes } = depthwiseParts(call, rank, shape);
      const middle = call.node('depthwise_conv2d', [tensor], attributes, {
        as: 'depthwise',
        weights: { kernel },
      });
      const outputs = call.config.count('filters');
      const pointwise = kernelOf(call, 'pointwise_kernel', rank, [1, 1, spread, outputs], OUTPUTS_FIRST);
      const weights = { kernel: pointwise, ...call.bias(outputs) };
      return withActivation(call, (activation) => {
        return imageBack(call, call.node('conv2d', [middle], { activation }, { weights }), rank);
      });
    },
  });
}

/** Conv1DTranspose, Conv2DTranspose */
export function transposedConvolution(rank: Rank): LayerSpec {
  return eitherFormat({
    faults: (settings) => [...activationFaults(settings), ...groupFaults(settings)],
    convert(call) {
      const { tensor, shape } = imageOf(call, rank);
      const window = windowOf(call, rank);
      const outputs = call.config.count('filters');
      const kernelShape = [...window.size, outputs, shape[2]];
      const kernel = kernelOf(call, 'kernel', rank, kernelShape, TRANSPOSED_OUTPUTS_FIRST);
      const weights = { kernel, ...call.bias(outputs) };
      const { strides, dilations } = window;
      const attributes = { strides, dilations, ...transposedPads(call, rank, shape) };
      return withActivation(call, (activation) => {
        const image = call.node('conv_transpose2d', [tensor], { ...attributes, activation }, { weights });
        return imageBack(call, image, rank);
      });
    },
  });
}

function groupFaults({ groups = 1 }: Settings): string[] {
  return groups === 1
    ? []
    : [`groups: expected 1, got ${String(groups)}; split the layer in ${String(groups)}`];
}

/**
 * What is cut from the whole result, (input - 1) * stride + extent long. Keras (`deconv_output_length`) wants input * stride
 * for 'same', at least that for 'valid', unless `output_padding` says what to add; TensorFlow cuts the smaller half before.
 */
function transposedPads(
  call: LayerCall,
  rank: Rank,
  image: readonly number[],
): { pads: number[]; output_padding: number[] } {
  const { size, strides, dilations } = windowOf(call, rank);
  const isSame = call.config.text('padding', 'valid') === 'same';
  const added = call.config.offsets('output_padding', rank);
  const cuts = [0, 1].map((axis) => {
    const extent = (size[axis] - 1) * dilations[axis] + 1;
    const whole = (image[axis] - 1) * strides[axis] + extent;
    const wanted = added
      ? whole - (isSame ? 2 * (extent >> 1) : 0) + added[axis]
      : image[axis] * strides[axis] + (isSame ? 0 : Math.max(extent - strides[axis], 0));
    return whole - wanted;
  });
  const [rows, columns] = cuts.map((cut) => Math.max(cut, 0));
  return {
    pads: [rows >> 1, columns >> 1, rows - (rows >> 1), columns - (columns >> 1)],
    output_padding: cuts.map((cut) => Math.max(-cut, 0)),
  };
}

interface Depthwise {
  kernel: string;
  outputs: number;
  attributes: ReturnType<typeof attributesOf>;
}

function depthwiseParts(call: LayerCall, rank: Rank, shape: [number, number, number]): Depthwise {
  const window = windowOf(call, rank);
  const multiplier = call.config.count('depth_multiplier', 1);
  const foreign = [...window.size, shape[2], multiplier];
  const outputs = shape[2] * multiplier;
  const graphShape = [outputs, ...window.size, 1];
  const kernel = kernelOf(call, 'depthwise_kernel', rank, foreign, DEPTHWISE_FIRST, graphShape);
  return { kernel, outputs, attributes: attributesOf(call, rank, shape, window) };
}

/** @param shape as an image's kernel: that of a sequence lacks its first axis, of 1 */
function kernelOf(
  call: LayerCall,
  role: string,
  rank: Rank,
  shape: number[],
  permutation: number[],
  graphShape = permutation.map((axis) => shape[axis]),
): string {
  if (rank === 2) return call.weight(role, shape, permutation, graphShape);
  const flat = permutation.filter((axis) => axis !== 0).map((axis) => axis - 1);
  return call.weight(role, shape.slice(1), flat, graphShape);
}

function attributesOf(call: LayerCall, rank: Rank, shape: readonly number[], window: Window) {
  const { strides, dilations } = window;
  return { strides, dilations, pads: windowPads(call, rank, shape, window) };
}
