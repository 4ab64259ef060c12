import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Scratch } from './scratch.js';
import { addressOf, simd } from './simd.js';

export type Conv2DInfo = backend_util.Conv2DInfo;
export type Shape4 = [number, number, number, number];
type Pair = [number, number];

/** Attributes that the gradient kernels of both kinds of convolution share. */
export interface ConvolutionAttrs {
  strides: Pair | number;
  /** 1 where absent: tfjs' own gradient of conv2d does not pass it. */
  dilations?: Pair | number;
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  dataFormat?: string;
}

/** Sizes, strides and pads of the forward convolution whose gradient is asked for; NHWC. */
export function convolutionInfo(
  kernelName: string,
  inputShape: number[],
  filterShape: number[],
  attrs: ConvolutionAttrs,
  depthwise: boolean,
): Conv2DInfo {
  if (attrs.dataFormat != null && attrs.dataFormat !== 'NHWC') {
    throw new Error(`${kernelName}: expected data format NHWC, got ${attrs.dataFormat}; transpose the input`);
  }
  return backend_util.computeConv2DInfo(
    inputShape as Shape4,
    filterShape as Shape4,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
}

/** An image with the padding of a convolution around it, as far as the convolution reads. */
export interface PaddedSize {
  height: number;
  width: number;
}

/** Size of the padded input: all of the image, and whatever else the last output reads. */
export function paddedSize(info: Conv2DInfo): PaddedSize {
  const { padInfo, strideHeight, strideWidth, effectiveFilterHeight, effectiveFilterWidth } = info;
  const readRows = (info.outHeight - 1) * strideHeight + effectiveFilterHeight;
  const readColumns = (info.outWidth - 1) * strideWidth + effectiveFilterWidth;
  return {
    height: Math.max(padInfo.top + info.inHeight, readRows),
    width: Math.max(padInfo.left + info.inWidth, readColumns),
  };
}

/** The input of a convolution with its padding written out; the input itself where there is none. */
export function padInput(scratch: Scratch, x: TensorInfo, info: Conv2DInfo): TensorInfo {
  const { height, width } = paddedSize(info);
  if (height === info.inHeight && width === info.inWidth) return x;
  const [batch, rows, columns, channels] = x.shape;
  const padded = scratch.zeros([batch, height, width, channels]);
  const first = (info.padInfo.top * width + info.padInfo.left) * channels;
  simd(scratch.backend).f32_copy_window(
    batch,
    rows,
    columns * channels,
    addressOf(scratch.backend, x),
    columns * channels,
    rows * columns * channels,
    addressOf(scratch.backend, padded) + 4 * first,
    width * channels,
    height * width * channels,
  );
  return padded;
}

/** Taps, strides and dilations in the order the kernels take them. */
export function windowSizes(info: Conv2DInfo): number[] {
  return [
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
  ];
}

/** Whether each output pixel reads exactly the input pixel of the same number: a product of matrices. */
export function isPointwise(info: Conv2DInfo): boolean {
  const one = info.filterHeight * info.filterWidth * info.strideHeight * info.strideWidth === 1;
  return one && info.inHeight === info.outHeight && info.inWidth === info.outWidth;
}

/** A pointwise convolution as one over images of one row, which fill the kernels' tiles of four pixels better. */
export function flattened(info: Conv2DInfo): Conv2DInfo {
  if (!isPointwise(info)) return info;
  const pixels = info.inHeight * info.inWidth;
  return { ...info, inHeight: 1, outHeight: 1, inWidth: pixels, outWidth: pixels };
}

/** Floats of one row of a weight panel: what the kernels add to at once. */
export const PANEL = 8;

/** A row of a filter in groups of taps that touch in the input: all of them, or dilated, each alone. */
export interface FilterRow {
  groups: number;
  /** Taps times input channels of one group. */
  run: number;
}

export function filterRow(info: Conv2DInfo): FilterRow {
  const groups = info.dilationWidth === 1 ? 1 : info.filterWidth;
  return { groups, run: (info.filterWidth / groups) * info.inChannels };
}
