import { Conv2DBackpropInput, type Conv2DBackpropInputAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import {
  convolutionInfo,
  filterRow,
  flattened,
  paddedSize,
  PANEL,
  type Conv2DInfo,
  type ConvolutionAttrs,
} from './geometry.js';
import { floats, trainingKernel, withScratch, type KernelArgs, type Scratch } from './scratch.js';
import { addressOf, simd } from './simd.js';

interface Inputs {
  dy: TensorInfo;
  filter: TensorInfo;
}
type Attrs = Conv2DBackpropInputAttrs & ConvolutionAttrs;

/**
 * Gradient of conv2d in its input:
 * `dx[b,u,v,c] = sum_{i,j,o : y*s+i*d-p = u, x*s+j*d-p = v} dy[b,y,x,o] * w[i,j,c,o]`.
 *
 * Each pixel of dy times the transposed filter is added to the window of the padded dx that it came from, so no product
 * has a factor of padding or of the zeros that a stride would put between pixels. As a convolution of dy with the
 * rotated filter, conv2 of LeNet-5 computes 2.25 times as many products, and a 3x3 layer of stride 2 four times.
 */
function conv2DBackpropInput({ inputs, attrs, backend }: KernelArgs<Inputs, Attrs>): TensorInfo {
  const forward = convolutionInfo(Conv2DBackpropInput, attrs.inputShape, inputs.filter.shape, attrs, false);
  const output = backend.makeOutput(forward.inShape, 'float32');
  const info = flattened(forward);
  withScratch(backend, (scratch) => {
    const { height, width } = paddedSize(info);
    const { groups, run } = filterRow(info);
    const panels = pack(scratch, inputs.filter, info);
    const padded = scratch.zeros([info.batchSize * height * width * info.inChannels + PANEL - 1]);
    const [pdx, pdy, pw] = [padded, inputs.dy, panels].map((tensor) => addressOf(backend, tensor));
    const { filterHeight, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
    const image = [info.batchSize, height, width, info.inChannels, pdx];
    const gradient = [info.outHeight, info.outWidth, info.outChannels, pdy];
    const filter = [filterHeight, groups, Math.ceil(run / PANEL)];
    const steps = [strideHeight, strideWidth, dilationHeight, dilationWidth];
    simd(backend).f32_conv2d_input_grad(...image, ...gradient, ...filter, ...steps, pw);
    cutPadding(scratch, padded, output, info);
    return [];
  });
  return output;
}

/** The filter as [filter row][group][panel][output channel][8], zeros past the end of a group's run. */
function pack(scratch: Scratch, filter: TensorInfo, info: Conv2DInfo): TensorInfo {
  const { filterHeight, outChannels } = info;
  const { groups, run } = filterRow(info);
  const panels = Math.ceil(run / PANEL);
  const packed = scratch.zeros([filterHeight * groups * panels * outChannels * PANEL]);
  const from = floats(scratch.backend, filter);
  const to = floats(scratch.backend, packed);
  for (let n = 0; n < filterHeight * groups * run; n++) {
    const column = n % run;
    const panel = Math.floor(n / run) * panels + Math.floor(column / PANEL);
    const target = panel * outChannels * PANEL + (column % PANEL);
    for (let o = 0; o < outChannels; o++) to[target + o * PANEL] = from[n * outChannels + o];
  }
  return packed;
}

/** Copies the image out of its padding. */
function cutPadding(scratch: Scratch, padded: TensorInfo, output: TensorInfo, info: Conv2DInfo): void {
  const { height, width } = paddedSize(info);
  const { inChannels, inHeight, inWidth, padInfo } = info;
  const first = (padInfo.top * width + padInfo.left) * inChannels;
  simd(scratch.backend).f32_copy_window(
    info.batchSize,
    inHeight,
    inWidth * inChannels,
    addressOf(scratch.backend, padded) + 4 * first,
    width * inChannels,
    height * width * inChannels,
    addressOf(scratch.backend, output),
    inWidth * inChannels,
    inHeight * inWidth * inChannels,
  );
}

export const conv2DBackpropInputKernel = trainingKernel(Conv2DBackpropInput, conv2DBackpropInput);
