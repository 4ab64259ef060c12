import {
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropInput,
  Sum,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { convolutionInfo, type Conv2DInfo } from './geometry.js';
import { floats, trainingKernel, view, withScratch, type KernelArgs, type Scratch } from './scratch.js';
import { addressOf, simd } from './simd.js';

interface Inputs {
  dy: TensorInfo;
  filter: TensorInfo;
}

/**
 * Gradient of a depthwise convolution in its input:
 * `dx[b,u,v,c] = sum_{i,j,q : y*s+i*d-p = u, x*s+j*d-p = v} dy[b,y,x, c*multiplier+q] * w[i,j,c,q]`:
 * XNNPACK's depthwise convolution of dy, its pixels s apart with zeros between, with the rotated filter; with a
 * channel multiplier its channels are then summed in groups.
 */
function depthwiseBackpropInput(
  args: KernelArgs<Inputs, DepthwiseConv2dNativeBackpropInputAttrs>,
): TensorInfo {
  const { inputs, attrs, backend } = args;
  const name = DepthwiseConv2dNativeBackpropInput;
  const info = convolutionInfo(name, attrs.inputShape, inputs.filter.shape, attrs, true);
  return withScratch(backend, (scratch) => {
    const x = spread(scratch, inputs.dy, info);
    const filter = rotate(scratch, inputs.filter, info);
    const dilations = [info.dilationHeight, info.dilationWidth];
    const products = scratch.run(
      DepthwiseConv2dNative,
      { x, filter },
      { strides: 1, dilations, pad: 'valid' },
    );
    return sumMultiplied(scratch, products, info);
  });
}

/** Where the pixels of dy go along one axis of the spread image. */
interface Spread {
  size: number;
  /** First pixel of dy that lands inside, how many do, and where the first of them goes. */
  first: number;
  count: number;
  start: number;
}

/** Pixel y of dy goes to `y * stride + reach - pad`, the reach being what the taps span beyond one pixel. */
function spreadOf(input: number, output: number, stride: number, reach: number, pad: number): Spread {
  const size = input + reach;
  const offset = reach - pad;
  const first = Math.max(0, Math.ceil(-offset / stride));
  const end = Math.min(output, Math.floor((size - 1 - offset) / stride) + 1);
  return { size, first, count: Math.max(0, end - first), start: first * stride + offset };
}

/** dy with its pixels `stride` apart in an image of zeros, padded for a filter that then covers every input. */
function spread(scratch: Scratch, dy: TensorInfo, info: Conv2DInfo): TensorInfo {
  const { outHeight, outWidth, outChannels, strideHeight, strideWidth } = info;
  const rows = spreadOf(
    info.inHeight,
    outHeight,
    strideHeight,
    info.effectiveFilterHeight - 1,
    info.padInfo.top,
  );
  const columns = spreadOf(
    info.inWidth,
    outWidth,
    strideWidth,
    info.effectiveFilterWidth - 1,
    info.padInfo.left,
  );
  const image = scratch.zeros([info.batchSize, rows.size, columns.size, outChannels]);
  const kernels = simd(scratch.backend);
  for (let b = 0; b < info.batchSize; b++) {
    const from = ((b * outHeight + rows.first) * outWidth + columns.first) * outChannels;
    const to = ((b * rows.size + rows.start) * columns.size + columns.start) * outChannels;
    kernels.f32_copy_window(
      rows.count,
      columns.count,
      outChannels,
      addressOf(scratch.backend, dy) + 4 * from,
      outChannels,
      outWidth * outChannels,
      addressOf(scratch.backend, image) + 4 * to,
      strideWidth * outChannels,
      strideHeight * columns.size * outChannels,
    );
  }
  return image;
}

/** The filter with its taps in reverse order, one filter for each output channel. */
function rotate(scratch: Scratch, filter: TensorInfo, info: Conv2DInfo): TensorInfo {
  const taps = info.filterHeight * info.filterWidth;
  const output = scratch.allocate([info.filterHeight, info.filterWidth, info.outChannels, 1]);
  const from = floats(scratch.backend, filter);
  const to = floats(scratch.backend, output);
  for (let tap = 0; tap < taps; tap++) {
    const source = tap * info.outChannels;
    to.set(from.subarray(source, source + info.outChannels), (taps - 1 - tap) * info.outChannels);
  }
  return output;
}

/** Sums the output channels that one input channel fed. */
function sumMultiplied(scratch: Scratch, products: TensorInfo, info: Conv2DInfo): TensorInfo {
  const multiplier = info.outChannels / info.inChannels;
  if (multiplier === 1) return products;
  const groups = view(products, [...info.inShape, multiplier]);
  return scratch.run(Sum, { x: groups }, { axis: [4], keepDims: false });
}

export const depthwiseBackpropInputKernel = trainingKernel(
  DepthwiseConv2dNativeBackpropInput,
  depthwiseBackpropInput,
);
