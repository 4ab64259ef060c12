/** Sparse matrix times planes: prepares the programs of a convolution, and walks them. */
import { Code } from '../error';
import { planeOf, restorePadding, runOf } from '../arena';
import { alloc, mark, settle } from '../heap';
import { f32_spmm_1x1, f32_spmm_2x1, qs8_spmm_1x2, qs8_spmm_2x2, qs8_spmm_4x2 } from '../kernels/index';
import { DType, inputOf, layoutOf, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { Linear, nextGroup, openGroup, openLinear } from './linear';
import { highOf, highOfFloat, lowOf, lowOfFloat } from './node';
import { Kind, openPrograms, writePrograms } from './program';
import { copyPhases, Mode, phaseBytes, placeWindow, tapOffsets, Window } from './window';

/** A tile of 16 f32 pixels at the start of scratch, where a depthwise kernel writes when the output is one pixel. */
export const TILE_BYTES: u32 = 64;

/** Prepares a convolution with many output pixels, or a depthwise one, which copies phase planes for a plane at a time. */
export function prepareSpmm(node: Node, linear: Linear): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const window = linear.window as Window;
  if (!placeWindow(window, x, y)) return Code.LIMIT;
  const layout = layoutOf(x);
  const planes = linear.multiplier && !linear.spread ? 1 : layout.planes;
  const phases = window.mode == Mode.PHASES ? phaseBytes(window, planes, layout.element) : 0;
  if (!needScratch(node, TILE_BYTES + phases)) return Code.MEMORY;
  linear.kinds = alloc((u64(linear.outputs) + 3) >> 2);
  if (!linear.kinds) return Code.MEMORY;
  const before = mark();
  const offsets = tapOffsets(window, planes, layout.element);
  if (!offsets) return Code.MEMORY;
  openPrograms(offsets, window.plane * layout.element, x.dtype == DType.I8);
  const code = openLinear(node, linear, x, y);
  if (code) return code;
  const group = openGroup(linear);
  if (!group) return Code.MEMORY;
  const start = mark();
  for (let o: u32 = 0; o < linear.outputs; o += 4) {
    nextGroup(group, linear, o);
    const bad = writePrograms(linear, group, o);
    if (bad) return bad;
  }
  node.unpacked = u32(mark() - start);
  linear.program = settle(before, start);
  return 0;
}

/** What taps of output pixel 0 read: the plane itself, or phase planes of `count` planes from `first` on, copied to scratch. */
export function sourceOf(node: Node, window: Window, first: u32, count: u32): usize {
  const x = layoutOf(inputOf(node, 0));
  if (window.mode != Mode.PHASES) return planeOf(x, first);
  const area = scratchOf(node) + TILE_BYTES;
  copyPhases(window, x, outputOf(node), first, count, x.fill, area);
  return area + usize(window.origin) * x.element;
}

/** Runs a convolution with many output pixels. */
export function runSpmm(node: Node, linear: Linear): void {
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const x = sourceOf(node, linear.window as Window, 0, layoutOf(input).planes);
  if (input.dtype == DType.I8) walk(linear, x, output);
  else walkFloat(linear, x, output);
  restorePadding(layoutOf(output));
}

function walk(linear: Linear, x: usize, output: Tensor): void {
  const y = layoutOf(output);
  const pixels = runOf(y);
  const zero = output.zero;
  const lo = lowOf(linear.activation, output);
  const hi = highOf(linear.activation, output);
  let w = linear.program;
  for (let p: u32 = 0; p < y.planes; p += 2) {
    const kinds: u32 = load<u8>(linear.kinds + (p >> 1));
    const y0 = planeOf(y, p);
    const y1 = planeOf(y, p + 1);
    if (kinds == Kind.QUAD) {
      w = qs8_spmm_4x2(pixels, x, w, y0, y1, zero, lo, hi);
      continue;
    }
    if ((kinds & 3) == Kind.JOINT) w = qs8_spmm_2x2(pixels, x, w, y0, zero, lo, hi);
    else w = qs8_spmm_1x2(pixels, x, w, y0, zero, lo, hi);
    if (kinds >> 2 == Kind.JOINT) w = qs8_spmm_2x2(pixels, x, w, y1, zero, lo, hi);
    else if (kinds >> 2 == Kind.SEPARATE) w = qs8_spmm_1x2(pixels, x, w, y1, zero, lo, hi);
  }
}

function walkFloat(linear: Linear, x: usize, output: Tensor): void {
  const y = layoutOf(output);
  const pixels = runOf(y);
  const lo = lowOfFloat(linear.activation);
  const hi = highOfFloat(linear.activation);
  let w = linear.program;
  for (let p: u32 = 0; p < y.planes; p += 2) {
    const kinds: u32 = load<u8>(linear.kinds + (p >> 2));
    const y0 = planeOf(y, p);
    const y1 = planeOf(y, p + 1);
    if (((kinds >> (p & 2)) & 3) == Kind.JOINT) w = f32_spmm_2x1(pixels, x, w, y0, y1, lo, hi);
    else {
      w = f32_spmm_1x1(pixels, x, w, y0, lo, hi);
      if (p + 1 < y.planes) w = f32_spmm_1x1(pixels, x, w, y1, lo, hi);
    }
  }
}
