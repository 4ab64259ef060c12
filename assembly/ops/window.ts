/**
 * A kernel window sliding over an image, as pixel offsets. Output pixel (y, x) and tap (ky, kx) meet at input row
 * `y * sy + ky * dy - top = (y + shift) * sy + phase`: a shift of whole rows of one phase plane (space to depth), and likewise for
 * columns. With stride 1 there is one phase, the input itself, padded in place.
 */
import { Code, failReal } from '../error';
import { alloc } from '../heap';
import { isPixel, planeOf, unite } from '../arena';
import { x16_fill, x16_strided_copy, x32_fill, x32_strided_copy } from '../kernels/index';
import { Layout, layoutOf, Node, Tensor } from '../model';
import { checkSize, integers, list } from './node';

const MOST: i32 = 65535;

export const enum Mode {
  /** Stride 1: taps are offsets into the input's own planes. */
  DIRECT,
  /** Taps are offsets into copied phase planes. */
  PHASES,
  /** One output pixel: the window's pixels are gathered into a vector. */
  GATHER,
}

/** One axis of the window. */
@unmanaged
export class Axis {
  taps: i32;
  stride: i32;
  dilation: i32;
  before: i32;
  after: i32;
  /** Distinct phases that taps read, i32 each. */
  phases: usize;
  phaseCount: u32;
  /** For each tap { i32 index into phases, i32 shift }. */
  table: usize;
  least: i32;
  most: i32;
}

@unmanaged
export class Window {
  y: Axis;
  x: Axis;
  mode: Mode;
  /** Pixels from row to row, in a phase plane (or the input's plane), and before its output pixel (0, 0). */
  stride: u32;
  plane: u32;
  origin: u32;
}

/** Reads the attributes of a window; null, with the error recorded, where they are wrong. */
export function readWindow(node: Node, kernelRows: u32, kernelColumns: u32, dilated: bool): Window | null {
  const window = changetype<Window>(alloc(offsetof<Window>()));
  const y = changetype<Axis>(alloc(offsetof<Axis>()));
  const x = changetype<Axis>(alloc(offsetof<Axis>()));
  if (!changetype<usize>(window) || !changetype<usize>(y) || !changetype<usize>(x)) return null;
  window.y = y;
  window.x = x;
  y.taps = kernelRows;
  x.taps = kernelColumns;
  if (integers(node, 'strides', 2, 1, MOST, false)) return null;
  y.stride = load<i32>(list);
  x.stride = load<i32>(list, 4);
  y.dilation = x.dilation = 1;
  if (dilated) {
    if (integers(node, 'dilations', 2, 1, MOST, false)) return null;
    y.dilation = load<i32>(list);
    x.dilation = load<i32>(list, 4);
  }
  if (integers(node, 'pads', 4, 0, MOST, false)) return null;
  y.before = load<i32>(list);
  x.before = load<i32>(list, 4);
  y.after = load<i32>(list, 8);
  x.after = load<i32>(list, 12);
  return window;
}

/** Proves the output's size, and fills the table of taps. */
function fixAxis(axis: Axis, input: u32, output: u32): i32 {
  const span = i64(axis.taps - 1) * axis.dilation + 1;
  const room = i64(input) + axis.before + axis.after - span;
  if (room < 0) return failReal(Code.SHAPE, f64(span), f64(room + span));
  if (checkSize(room / axis.stride + 1, output)) return Code.SHAPE;
  if (span > i32.MAX_VALUE) return failReal(Code.LIMIT, i32.MAX_VALUE, f64(span));
  axis.table = alloc(u64(axis.taps) << 3);
  const seen = alloc(u64(axis.stride) << 2);
  axis.phases = alloc(u64(min(axis.stride, axis.taps)) << 2);
  if (!axis.table || !seen || !axis.phases) return Code.MEMORY;
  for (let k = 0; k < axis.taps; ++k) {
    const at = k * axis.dilation - axis.before;
    let shift = at / axis.stride;
    if (shift * axis.stride > at) --shift;
    const phase = at - shift * axis.stride;
    const slot = seen + (phase << 2);
    if (!load<u32>(slot)) {
      store<i32>(axis.phases + (axis.phaseCount << 2), phase);
      store<u32>(slot, ++axis.phaseCount);
    }
    store<i32>(axis.table + (k << 3), load<u32>(slot) - 1);
    store<i32>(axis.table + (k << 3), shift, 4);
    axis.least = k ? min(axis.least, shift) : shift;
    axis.most = k ? max(axis.most, shift) : shift;
  }
  return 0;
}

/**
 * Proves the sizes and says what the window needs of the layouts. `inPlace`: a stride-1 window may read the input's own planes;
 * `gather`: one output pixel is to be computed from a vector.
 */
export function linkWindow(window: Window, x: Tensor, y: Tensor, inPlace: bool, gather: bool): i32 {
  let code = fixAxis(window.y, x.rows, y.rows);
  if (!code) code = fixAxis(window.x, x.columns, y.columns);
  if (code) return code;
  const strided = window.y.stride > 1 || window.x.stride > 1;
  if (gather && isPixel(y)) window.mode = Mode.GATHER;
  else if (strided || !inPlace || isPixel(x) || isPixel(y)) window.mode = Mode.PHASES;
  else window.mode = Mode.DIRECT;
  if (window.mode == Mode.DIRECT) {
    const layout = layoutOf(x);
    layout.top = max(layout.top, window.y.before);
    layout.left = max(layout.left, window.x.before);
    layout.bottom = max(layout.bottom, window.y.after);
    layout.right = max(layout.right, window.x.after);
    unite(x, y);
  } else if (!isPixel(y)) {
    const layout = layoutOf(y);
    layout.least = max(layout.least, phaseColumns(window, y));
  }
  return 0;
}

function phaseColumns(window: Window, y: Tensor): u64 {
  return u64(y.columns) + window.x.most - window.x.least;
}

/** Once row strides are fixed: where taps lie. False, with the error recorded, for phase planes beyond any memory. */
export function placeWindow(window: Window, x: Tensor, y: Tensor): bool {
  const layout = layoutOf(x);
  window.stride = layout.stride;
  window.plane = layout.plane;
  if (window.mode != Mode.PHASES) return true;
  const stride = isPixel(y) ? phaseColumns(window, y) : u64(layoutOf(y).stride);
  const plane = stride * (u64(y.rows) + window.y.most - window.y.least);
  if (plane >= 1 << 30) {
    failReal(Code.LIMIT, 1073741824, f64(plane));
    return false;
  }
  window.stride = u32(stride);
  window.plane = u32(plane);
  window.origin = -window.y.least * u32(stride) - window.x.least;
  return true;
}

/** Bytes of the phase planes of `planes` input planes. */
export function phaseBytes(window: Window, planes: u32, element: u32): u64 {
  return u64(window.y.phaseCount) * window.x.phaseCount * planes * window.plane * element;
}

/** Byte offset of a tap from output pixel 0, in the input or in phase planes that hold `planes` planes a phase. */
function tapOffset(window: Window, ky: u32, kx: u32, planes: u32, element: u32): i32 {
  const rows = window.y.table + (ky << 3);
  const columns = window.x.table + (kx << 3);
  const phase = load<i32>(rows) * window.x.phaseCount + load<i32>(columns);
  const pixel = load<i32>(rows, 4) * i32(window.stride) + load<i32>(columns, 4);
  return (i32(phase * planes * window.plane) + pixel) * i32(element);
}

/** `tapOffset` of all taps, row-major, i32 each; 0 where memory does not suffice. */
export function tapOffsets(window: Window, planes: u32, element: u32): usize {
  const columns = u32(window.x.taps);
  const taps = u32(window.y.taps) * columns;
  const offsets = alloc(u64(taps) << 2);
  for (let t: u32 = 0; offsets && t < taps; ++t) {
    store<i32>(offsets + (usize(t) << 2), tapOffset(window, t / columns, t % columns, planes, element));
  }
  return offsets;
}

function fillPixels(pixels: u32, y: usize, element: u32, fill: u32): void {
  if (element == 2) x16_fill(pixels, y, fill);
  else x32_fill(pixels, y, fill);
}

/** Copies planes `first..first+count-1` of the input to phase planes at `area`, `fill` outside the image. */
export function copyPhases(
  window: Window,
  x: Layout,
  y: Tensor,
  first: u32,
  count: u32,
  fill: u32,
  area: usize,
): void {
  for (let i: u32 = 0; i < window.y.phaseCount; ++i) {
    for (let j: u32 = 0; j < window.x.phaseCount; ++j) {
      const py = load<i32>(window.y.phases + (i << 2));
      const px = load<i32>(window.x.phases + (j << 2));
      for (let p: u32 = 0; p < count; ++p) {
        copyPhase(window, x, y, planeOf(x, first + p), py, px, fill, area);
        area += usize(window.plane) * x.element;
      }
    }
  }
}

/** One phase of one plane: rows least..rows-1+most, and columns alike; `least` is never positive, as padding is not negative. */
function copyPhase(
  window: Window,
  x: Layout,
  y: Tensor,
  plane: usize,
  py: i32,
  px: i32,
  fill: u32,
  area: usize,
): void {
  const element = x.element;
  const sy = window.y.stride;
  const sx = window.x.stride;
  const columns = u32(phaseColumns(window, y));
  const left = min(columns, u32(-window.x.least));
  const count = min(u32(max(0, (i32(x.columns) - px + sx - 1) / sx)), columns - left);
  for (let r = window.y.least; r < i32(y.rows) + window.y.most; ++r) {
    const row = i64(r) * sy + py;
    if (row < 0 || row >= i64(x.rows) || count == 0) fillPixels(columns, area, element, fill);
    else {
      fillPixels(left, area, element, fill);
      const source = plane + (usize(row) * x.stride + px) * element;
      const target = area + left * element;
      if (element == 2) x16_strided_copy(count, source, sx, target);
      else x32_strided_copy(count, source, sx, target);
      fillPixels(columns - left - count, target + count * element, element, fill);
    }
    area += usize(window.stride) * element;
  }
}

/** Input row or column of a tap at output 0, or -1 outside the image. */
function inside(axis: Axis, k: u32, size: u32): i64 {
  const at = i64(k) * axis.dilation - axis.before;
  return at >= 0 && at < i64(size) ? at : -1;
}

/** Offset in pixels of a tap from pixel (0, 0) in the input, for one output pixel; -1 where the tap sees padding. */
export function gatherOffset(window: Window, x: Layout, ky: u32, kx: u32): i64 {
  const row = inside(window.y, ky, x.rows);
  const column = inside(window.x, kx, x.columns);
  return row < 0 || column < 0 ? -1 : row * x.stride + column;
}
