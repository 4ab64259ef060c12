import {
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { convolutionInfo, padInput, windowSizes, type Conv2DInfo } from './geometry.js';
import { floats, trainingKernel, withScratch, zeroOutput, type KernelArgs, type Scratch } from './scratch.js';
import { addressOf, simd } from './simd.js';

interface Inputs {
  x: TensorInfo;
  dy: TensorInfo;
}

/**
 * Gradient of a depthwise convolution in its filter, [rows, columns, channels, multiplier]:
 * `dw[i,j,c,q] = sum_{b,y,x} in[b, y*s+i*d-p, x*s+j*d-p, c] * dy[b,y,x, c*multiplier+q]`.
 */
function depthwiseBackpropFilter(
  args: KernelArgs<Inputs, DepthwiseConv2dNativeBackpropFilterAttrs>,
): TensorInfo {
  const { inputs, attrs, backend } = args;
  const name = DepthwiseConv2dNativeBackpropFilter;
  const info = convolutionInfo(name, inputs.x.shape, attrs.filterShape, attrs, true);
  const output = zeroOutput(backend, info.filterShape);
  withScratch(backend, (scratch) => {
    const x = repeatChannels(scratch, padInput(scratch, inputs.x, info), info);
    const [px, pdy, pdw] = [x, inputs.dy, output].map((tensor) => addressOf(backend, tensor));
    const image = [info.batchSize, x.shape[1], x.shape[2], info.outChannels, px];
    const gradient = [info.outHeight, info.outWidth, pdy];
    simd(backend).f32_dwconv2d_filter_grad(...image, ...gradient, ...windowSizes(info), pdw);
    return [];
  });
  return output;
}

/** The input with each channel as often as output channels read it. */
function repeatChannels(scratch: Scratch, x: TensorInfo, info: Conv2DInfo): TensorInfo {
  const multiplier = info.outChannels / info.inChannels;
  if (multiplier === 1) return x;
  const repeated = scratch.allocate([...x.shape.slice(0, 3), info.outChannels]);
  const from = floats(scratch.backend, x);
  const to = floats(scratch.backend, repeated);
  for (let i = 0; i < from.length; i++) to.fill(from[i], i * multiplier, (i + 1) * multiplier);
  return repeated;
}

export const depthwiseBackpropFilterKernel = trainingKernel(
  DepthwiseConv2dNativeBackpropFilter,
  depthwiseBackpropFilter,
);
