/** Conv2D, DepthwiseConv2D, SeparableConv2D and Dense. */
import { ImportError } from '../errors.js';
import type { Settings } from './config.js';
import {
  imageOf,
  layerWeight,
  linearFaults,
  nodeName,
  withActivation,
  type LayerCall,
  type LayerSpec,
} from './layer.js';

/** Keras' kernels are [KH, KW, I, O], and [KH, KW, C, M] for a depthwise one; a graph's have outputs first. */
const OUTPUTS_FIRST = [3, 0, 1, 2];
const DEPTHWISE_FIRST = [2, 3, 0, 1];

export const conv2d: LayerSpec = {
  faults: convolutionFaults,
  convert(call) {
    const { config, inputs, builder } = call;
    const outputs = config.count('filters');
    const [rows, columns] = config.pair('kernel_size');
    const channels = imageOf(call)[2];
    const kernel = layerWeight(call, 'kernel', [rows, columns, channels, outputs], OUTPUTS_FIRST, [
      outputs,
      rows,
      columns,
      channels,
    ]);
    const weights = { kernel, ...biasOf(call, outputs) };
    return withActivation(call, (activation) => {
      return builder.node(nodeName(call), 'conv2d', inputs, { ...windowOf(call), activation }, weights);
    });
  },
};

export const depthwiseConv2d: LayerSpec = {
  faults: linearFaults,
  convert(call) {
    const { kernel, outputs } = depthwiseKernel(call);
    const weights = { kernel, ...biasOf(call, outputs) };
    return withActivation(call, (activation) => {
      const attributes = { ...windowOf(call), activation };
      return call.builder.node(nodeName(call), 'depthwise_conv2d', call.inputs, attributes, weights);
    });
  },
};

/** A depthwise convolution, then a 1x1 convolution with bias and activation. */
export const separableConv2d: LayerSpec = {
  faults: convolutionFaults,
  convert(call) {
    const { config, inputs, builder } = call;
    const depthwise = depthwiseKernel(call);
    const spread = builder.node(`${nodeName(call)}/depthwise`, 'depthwise_conv2d', inputs, windowOf(call), {
      kernel: depthwise.kernel,
    });
    const outputs = config.count('filters');
    const kernel = layerWeight(call, 'pointwise_kernel', [1, 1, depthwise.outputs, outputs], OUTPUTS_FIRST, [
      outputs,
      1,
      1,
      depthwise.outputs,
    ]);
    const weights = { kernel, ...biasOf(call, outputs) };
    return withActivation(call, (activation) => {
      return builder.node(nodeName(call), 'conv2d', [spread], { activation }, weights);
    });
  },
};

/** On an image a Dense layer is a 1x1 convolution. */
export const dense: LayerSpec = {
  faults: linearFaults,
  convert(call) {
    const { config, inputs, builder } = call;
    const shape = builder.shapeOf(inputs[0]);
    if (shape.length !== 1 && shape.length !== 3) {
      throw new ImportError(
        'shape',
        `${nodeName(call)}: expected an input [n] or [height, width, channels], got [${shape}]; flatten it first`,
      );
    }
    const isImage = shape.length === 3;
    const channels = shape[shape.length - 1];
    const outputs = config.count('units');
    const graphShape = isImage ? [outputs, 1, 1, channels] : [outputs, channels];
    const kernel = layerWeight(call, 'kernel', [channels, outputs], [1, 0], graphShape);
    const weights = { kernel, ...biasOf(call, outputs) };
    return withActivation(call, (activation) => {
      return builder.node(nodeName(call), isImage ? 'conv2d' : 'dense', inputs, { activation }, weights);
    });
  },
};

function convolutionFaults(settings: Settings): string[] {
  const groups = settings.groups ?? 1;
  const grouped =
    groups === 1 ? [] : [`groups: expected 1, got ${String(groups)}, which is not supported yet`];
  return [...linearFaults(settings), ...grouped];
}

function depthwiseKernel(call: LayerCall): { kernel: string; outputs: number } {
  const [rows, columns] = call.config.pair('kernel_size');
  const channels = imageOf(call)[2];
  const multiplier = call.config.count('depth_multiplier', 1);
  const outputs = channels * multiplier;
  const shape = [rows, columns, channels, multiplier];
  const graphShape = [outputs, rows, columns, 1];
  return {
    kernel: layerWeight(call, 'depthwise_kernel', shape, DEPTHWISE_FIRST, graphShape),
    outputs,
  };
}

function biasOf(call: LayerCall, outputs: number): { bias?: string } {
  return call.config.flag('use_bias', true) ? { bias: layerWeight(call, 'bias', [outputs]) } : {};
}

function windowOf(call: LayerCall): { strides: number[]; dilations: number[]; pads: number[] } {
  const { config } = call;
  const size = config.pair('kernel_size');
  const strides = config.pair('strides', [1, 1]);
  const dilations = config.pair('dilation_rate', [1, 1]);
  return { strides, dilations, pads: config.windowPads(imageOf(call), size, strides, dilations) };
}
