import {
  AvgPoolGrad,
  backend_util,
  MaxPoolGrad,
  type AvgPoolGradAttrs,
  type MaxPoolGradAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Conv2DInfo, Shape4 } from './geometry.js';
import { trainingKernel, zeroOutput, type KernelArgs } from './scratch.js';
import { addressOf, simd } from './simd.js';

interface Inputs {
  dy: TensorInfo;
  input: TensorInfo;
}

/**
 * Gradient of max pooling: each output's gradient goes to the first maximum of its window, rows then columns,
 * as in tfjs' cpu backend. The stock wasm kernel starts its search at the smallest positive float and so drops
 * the gradient of every window whose maximum is <= 0 (tfjs 4.22).
 */
function maxPoolGrad({ inputs, attrs, backend }: KernelArgs<Inputs, MaxPoolGradAttrs>): TensorInfo {
  const info = poolInfo(inputs.input, attrs);
  const output = zeroOutput(backend, info.inShape);
  const [px, pdy, pdx] = [inputs.input, inputs.dy, output].map((tensor) => addressOf(backend, tensor));
  const image = [info.batchSize, info.inHeight, info.inWidth, info.inChannels, px];
  simd(backend).f32_maxpool_grad(...image, info.outHeight, info.outWidth, pdy, ...poolSizes(info), pdx);
  return output;
}

/**
 * Gradient of average pooling: each output's gradient, divided by the size of the window, goes to all of the window
 * that lies in the image. As in tfjs' cpu backend, padding counts in that size. The stock kernel takes 31 ms for the
 * global pooling of DS-CNN at batch 64.
 */
function avgPoolGrad({ inputs, attrs, backend }: KernelArgs<Inputs, AvgPoolGradAttrs>): TensorInfo {
  const info = poolInfo(inputs.input, attrs);
  const output = zeroOutput(backend, info.inShape);
  const [pdy, pdx] = [inputs.dy, output].map((tensor) => addressOf(backend, tensor));
  const image = [info.batchSize, info.inHeight, info.inWidth, info.inChannels];
  const factor = 1 / (info.filterHeight * info.filterWidth);
  simd(backend).f32_avgpool_grad(
    ...image,
    info.outHeight,
    info.outWidth,
    pdy,
    ...poolSizes(info),
    factor,
    pdx,
  );
  return output;
}

function poolInfo(input: TensorInfo, attrs: MaxPoolGradAttrs): Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  return backend_util.computePool2DInfo(input.shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode);
}

/** Window, strides and leading pads in the order the kernels take them. */
function poolSizes(info: Conv2DInfo): number[] {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  return [filterHeight, filterWidth, strideHeight, strideWidth, padInfo.top, padInfo.left];
}

export const poolGradKernels = [
  trainingKernel(MaxPoolGrad, maxPoolGrad),
  trainingKernel(AvgPoolGrad, avgPoolGrad),
];
