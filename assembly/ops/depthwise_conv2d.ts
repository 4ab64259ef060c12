import { Code } from '../error';
import { isPixel, planeOf, restorePadding, runOf } from '../arena';
import { f32_spmm_1x1, qs8_dwconv } from '../kernels/index';
import { DType, inputOf, layoutOf, Node, outputOf, scratchOf, Tensor } from '../model';
import { isGathered } from './conv2d';
import { prepareGemv, runGemv } from './gemv';
import { checkLinearTypes, Linear, readLinear } from './linear';
import { checkSize, highOf, highOfFloat, lowOf, lowOfFloat } from './node';
import { prepareSpmm, runSpmm, sourceOf } from './spmm';
import { linkWindow, readWindow, Window } from './window';

/** y[c*M+m,p] = sum over taps of w[c*M+m,ky,kx] * x[c, p at that tap] + bias. int8 with M > 1 runs as a sparse full convolution. */
export function checkDepthwise(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const linear = readLinear(node, x, y);
  if (!linear) return Code.ROLE;
  const kernel = linear.kernel;
  if (checkSize(3, x.rank) || checkSize(3, y.rank) || checkSize(4, kernel.rank)) return Code.SHAPE;
  if (checkSize(1, kernel.inputs) || checkSize(kernel.outputs, y.channels)) return Code.SHAPE;
  if (checkSize(0, kernel.outputs % x.channels)) return Code.SHAPE;
  if (checkLinearTypes(x, y, false)) return Code.DTYPE;
  linear.multiplier = kernel.outputs / x.channels;
  linear.spread = x.dtype == DType.I8 && linear.multiplier > 1;
  linear.width = 1;
  linear.window = readWindow(node, kernel.kernelRows, kernel.kernelColumns, true);
  if (!linear.window) return Code.ATTRIBUTE;
  return linkWindow(linear.window as Window, x, y, true, linear.spread);
}

export function prepareDepthwise(node: Node): i32 {
  const linear = changetype<Linear>(node.params);
  return isGathered(linear) ? prepareGemv(node, linear) : prepareSpmm(node, linear);
}

export function runDepthwise(node: Node): void {
  const linear = changetype<Linear>(node.params);
  if (linear.spread) {
    if (isGathered(linear)) runGemv(node, linear);
    else runSpmm(node, linear);
    return;
  }
  const output = outputOf(node);
  if (output.dtype == DType.I8) walk(node, linear, output);
  else walkFloat(node, linear, output);
  restorePadding(layoutOf(output));
}

function walk(node: Node, linear: Linear, output: Tensor): void {
  const y = layoutOf(output);
  const single = isPixel(output);
  const tile = scratchOf(node);
  const lo = lowOf(linear.activation, output);
  const hi = highOf(linear.activation, output);
  let w = linear.program;
  for (let p: u32 = 0; p < y.planes; ++p) {
    const x = sourceOf(node, linear.window as Window, p, 1);
    const target = planeOf(y, p);
    w = qs8_dwconv(runOf(y), x, w, single ? tile : target, output.zero, lo, hi);
    if (single) store<u16>(target, load<u16>(tile));
  }
}

function walkFloat(node: Node, linear: Linear, output: Tensor): void {
  const y = layoutOf(output);
  const single = isPixel(output);
  const tile = scratchOf(node);
  const lo = lowOfFloat(linear.activation);
  const hi = highOfFloat(linear.activation);
  let w = linear.program;
  let x: usize = 0;
  for (let p: u32 = 0; p < y.planes; ++p) {
    if (p % linear.multiplier == 0) x = sourceOf(node, linear.window as Window, p / linear.multiplier, 1);
    const target = planeOf(y, p);
    w = f32_spmm_1x1(runOf(y), x, w, single ? tile : target, lo, hi);
    if (single) store<f32>(target, load<f32>(tile));
  }
}
