import { Code } from '../error';
import { isPixel, planeOf, restorePadding, runOf } from '../arena';
import { alloc, mark, push, settle } from '../heap';
import { f32_spmm_1x1, qs8_dwconv } from '../kernels/index';
import { DType, inputOf, layoutOf, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { isGathered } from './conv2d';
import { prepareGemv, runGemv } from './gemv';
import {
  biasBits,
  checkLinearTypes,
  factor,
  fixChannel,
  Linear,
  nextGroup,
  openGroup,
  openLinear,
  readLinear,
} from './linear';
import { checkSize, highOf, highOfFloat, lowOf, lowOfFloat } from './node';
import { prepareSpmm, runSpmm } from './spmm';
import {
  copyPhases,
  linkWindow,
  Mode,
  phaseBytes,
  placeWindow,
  readWindow,
  tapOffset,
  Window,
} from './window';

/** A tile of 16 f32 pixels, where a kernel writes when the output is one pixel. */
const TILE_BYTES: u32 = 64;

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
  if (linear.spread) return isGathered(linear) ? prepareGemv(node, linear) : prepareSpmm(node, linear);
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const window = linear.window as Window;
  if (!placeWindow(window, x, y)) return Code.LIMIT;
  const element = layoutOf(x).element;
  const phases = window.mode == Mode.PHASES ? phaseBytes(window, 1, element) : 0;
  if (!needScratch(node, TILE_BYTES + phases)) return Code.MEMORY;
  const before = mark();
  const offsets = alloc(u64(linear.taps) << 2);
  if (!offsets) return Code.MEMORY;
  const columns = linear.kernel.kernelColumns;
  for (let t: u32 = 0; t < linear.taps; ++t) {
    store<i32>(offsets + (usize(t) << 2), tapOffset(window, t / columns, t % columns, 1, element));
  }
  let code = openLinear(node, linear, x, y);
  if (code) return code;
  const group = openGroup(linear);
  if (!group) return Code.MEMORY;
  const start = mark();
  for (let o: u32 = 0; o < linear.outputs; o += element == 2 ? 2 : 1) {
    if ((o & 3) == 0) nextGroup(group, linear, o);
    const row = group.rows + (o & 3) * group.rowBytes;
    code = element == 2 ? writePair(linear, o, row, offsets) : writeFloat(linear, o, row, offsets);
    if (code) return code;
  }
  node.unpacked = u32(mark() - start);
  linear.program = settle(before, start);
  return 0;
}

/** qs8_dwconv: i32 count | i32 bias[2] | f32 m[2] | count x { i32 offset0 | i32 offset1 | i16 w[4] }, taps two by two. */
function writePair(linear: Linear, o: u32, row: usize, offsets: usize): i32 {
  const head = push(20);
  if (!head) return Code.MEMORY;
  for (let r: u32 = 0; r < 2; ++r) {
    const code = fixChannel(linear, o + r, row + r * linear.taps, linear.taps);
    if (code) return code;
    store<u32>(head + (r << 2), biasBits(), 4);
    store<f32>(head + (r << 2), factor(), 12);
  }
  let count: u32 = 0;
  let entry: usize = 0;
  for (let t: usize = 0; t < linear.taps; ++t) {
    const w0 = load<i8>(row + t);
    const w1 = load<i8>(row + linear.taps + t);
    if (!(w0 | w1)) continue;
    const half = count++ & 1;
    const at = load<i32>(offsets + (t << 2));
    if (!half) {
      entry = push(16);
      if (!entry) return Code.MEMORY;
      store<i32>(entry, at);
      store<u64>(entry, 0, 8);
    }
    store<i32>(entry, at, 4);
    store<i16>(entry + (half << 1), w0, 8);
    store<i16>(entry + (half << 1), w1, 12);
  }
  store<u32>(head, (count + 1) >> 1);
  return 0;
}

/** f32_spmm_1x1: i32 count | f32 bias | count x { i32 offset | f32 w }. */
function writeFloat(linear: Linear, o: u32, row: usize, offsets: usize): i32 {
  const head = push(8);
  if (!head) return Code.MEMORY;
  fixChannel(linear, o, row, 0);
  store<u32>(head, biasBits(), 4);
  let count: u32 = 0;
  for (let t: usize = 0; t < linear.taps; ++t) {
    const w = load<f32>(row + (t << 2));
    if (w == 0) continue;
    const entry = push(8);
    if (!entry) return Code.MEMORY;
    store<i32>(entry, load<i32>(offsets + (t << 2)));
    store<f32>(entry, w, 4);
    ++count;
  }
  store<u32>(head, count);
  return 0;
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

/** The plane as taps see it: itself, or its phase planes in the node's scratch, behind the tile. */
function planeFor(node: Node, window: Window, output: Tensor, plane: u32): usize {
  const x = layoutOf(inputOf(node, 0));
  if (window.mode != Mode.PHASES) return planeOf(x, plane);
  const area = scratchOf(node) + TILE_BYTES;
  copyPhases(window, x, output, plane, 1, x.fill, area);
  return area + usize(window.origin) * x.element;
}

function walk(node: Node, linear: Linear, output: Tensor): void {
  const y = layoutOf(output);
  const single = isPixel(output);
  const tile = scratchOf(node);
  const lo = lowOf(linear.activation, output);
  const hi = highOf(linear.activation, output);
  let w = linear.program;
  for (let p: u32 = 0; p < y.planes; ++p) {
    const x = planeFor(node, linear.window as Window, output, p);
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
    if (p % linear.multiplier == 0)
      x = planeFor(node, linear.window as Window, output, p / linear.multiplier);
    const target = planeOf(y, p);
    w = f32_spmm_1x1(runOf(y), x, w, single ? tile : target, lo, hi);
    if (single) store<f32>(target, load<f32>(tile));
  }
}
