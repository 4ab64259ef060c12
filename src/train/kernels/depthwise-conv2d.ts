import {
  DepthwiseConv2dNative,
  type DepthwiseConv2dNativeAttrs,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { convolutionInfo } from './geometry.js';
import { trainingKernel, type KernelArgs, type TrainingKernel } from './scratch.js';

type Args = KernelArgs<Record<'x' | 'filter', TensorInfo>, DepthwiseConv2dNativeAttrs>;

/**
 * Depthwise convolution, forward, by the stock kernel with its padding given in numbers: told 'same', it leaves outputs
 * at zero where the stride exceeds the filter (tfjs 4.22; input 5, filter 1, stride 3).
 */
export function depthwiseConv2DKernel(stock: KernelConfig): TrainingKernel {
  return trainingKernel(DepthwiseConv2dNative, ({ inputs, attrs, backend }: Args) => {
    const info = convolutionInfo(DepthwiseConv2dNative, inputs.x.shape, inputs.filter.shape, attrs, true);
    const { top, bottom, left, right } = info.padInfo;
    const pad = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    return stock.kernelFunc({
      inputs,
      attrs: { ...attrs, pad, dimRoundingMode: 'floor' },
      backend,
    } as never) as TensorInfo;
  });
}
