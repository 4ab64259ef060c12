/**
 * A kernel window sliding over an image. Output pixel (y, x) and tap (ky, kx) meet at input row
 * `y * sy + ky * dy - top = (y + shift) * sy + phase`: a shift of whole rows of one phase (space to depth), and likewise for columns.
 * What the window sees of some output rows is copied to a band (docs/runtime.md, Bands), where a tap is an offset.
 */
import { Code, fail, failReal } from '../error';
import { alloc } from '../heap';
import { imageOf, isPixel, runOf } from '../arena';
import { Pixels, x_band } from '../kernels/index';
import { Layout, layoutOf, Node, Tensor } from '../model';
import { partsOf } from '../threads';
import { checkSize, integers, list } from './node';

const MOST: i32 = 65535;

export const enum Mode {
  /** Taps are offsets into a band. */
  BAND,
  /** One output pixel: the window's pixels are gathered into a vector. */
  GATHER,
}

/** Bytes of a band that stays in the first-level cache beside the program and the output (32 KB on today's cores). */
const CACHED: u64 = 262144;

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
  pixels: Pixels;
  /** log2 of the bytes of a band's pixel. */
  shift: u32;
  /** 1x1, stride 1, and rows that lie alike in input and output: the image is one row. */
  flat: bool;
  /**
   * An odd last channel stands in the band with the next column's number where a pair has its second channel: taps kx and kx + 1, kx even,
   * are one entry. For steps of two columns, whose even taps all see one phase, the first.
   */
  folded: bool;
  /** Planes that a band holds. */
  planes: u32;
  /** Pixels from row to row of a band, and from plane to plane. */
  stride: u32;
  plane: u32;
  /** Output rows (flat: pixels) of a band, and of the image. */
  rows: u32;
  allRows: u32;
  bytes: u64;
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
  if (!LOPPER_FULL && x.stride > 2) {
    fail(Code.BUILD, 2, x.stride);
    return null;
  }
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
 * Proves the sizes and says what the window needs of the output's layout. `gather`: one output pixel is to be computed from a vector.
 */
export function linkWindow(window: Window, x: Tensor, y: Tensor, gather: bool): i32 {
  let code = fixAxis(window.y, x.rows, y.rows);
  if (!code) code = fixAxis(window.x, x.columns, y.columns);
  if (code) return code;
  if (gather && isPixel(y)) window.mode = Mode.GATHER;
  else if (!isPixel(y)) {
    const layout = layoutOf(y);
    layout.least = max(layout.least, leastStride(window.x, x, y));
  }
  return 0;
}

/** Pixels of the input in a row of a band, from the one under output column 0 on. */
function dataColumns(axis: Axis, x: Tensor, y: Tensor): u64 {
  return min(u64((x.columns + axis.stride - 1) / axis.stride), u64(y.columns) + axis.most);
}

/** So many pixels that no tap at the last column sees the next row's data, nor the next row's left side this row's. */
function leastStride(axis: Axis, x: Tensor, y: Tensor): u64 {
  return max(dataColumns(axis, x, y) - axis.least, u64(y.columns) + axis.most);
}

/** Output rows or pixels a band, `each` bytes each and `more` for its halo: alike, and few enough to stay cached, but `least`. */
function rowsOfBand(all: u32, each: u64, more: u64, least: u32): u32 {
  const room = CACHED > more ? (CACHED - more) / each : 0;
  const most = u32(max(u64(least), min(room, u64(all))));
  const bands = (all + most - 1) / most;
  const rows = (all + bands - 1) / bands;
  return least == 1 ? rows : (rows + least - 1) & ~(least - 1);
}

/** Once row strides are fixed: where taps lie. False, with the error recorded, for bands beyond any memory. */
export function placeWindow(window: Window, x: Tensor, y: Tensor, pixels: Pixels, planes: u32): bool {
  const layout = layoutOf(y);
  window.pixels = pixels;
  window.shift = pixels == Pixels.PAIRS || pixels == Pixels.SINGLE ? 1 : 2;
  window.planes = planes;
  window.stride = u32(isPixel(y) ? leastStride(window.x, x, y) : u64(layout.stride));
  const phases = u64(window.y.phaseCount) * window.x.phaseCount * planes;
  const pointwise = window.y.taps == 1 && window.x.taps == 1 && window.y.before == 0 && window.x.before == 0;
  const strides = max(window.y.stride, window.x.stride);
  window.flat =
    pointwise &&
    strides == 1 &&
    layout.stride == layoutOf(x).stride &&
    x.elements / x.channels == y.elements / y.channels;
  window.allRows = window.flat ? runOf(layout) : y.rows;
  const row: u64 = window.flat ? 1 : window.stride;
  const halo: u64 = u64(window.y.most - window.y.least) * row;
  const each = (phases * row) << window.shift;
  window.rows = window.flat
    ? rowsOfBand(window.allRows, each, 0, 16)
    : rowsOfBand(window.allRows, each << 2, (phases * halo) << window.shift, partsOf() > 1 ? 4 : 1);
  // a row of a plane may end in the next row's left side
  const plane = row * window.rows + halo + u64(-window.x.least);
  // a tile of 16 pixels reads beyond the last row, and a copied row writes beyond its end
  window.bytes = (phases * plane + 32) << window.shift;
  window.plane = u32(plane);
  if (plane >= 1 << 30 || window.bytes >= 1 << 30) {
    failReal(Code.LIMIT, 1073741824, f64(window.bytes));
    return false;
  }
  return true;
}

/** Byte offset in a band of what a tap sees at the band's first output pixel. */
function tapOffset(window: Window, ky: u32, kx: u32): i32 {
  const rows = window.y.table + (ky << 3);
  const columns = window.x.table + (kx << 3);
  const phase = load<i32>(rows) * window.x.phaseCount + load<i32>(columns);
  const row = load<i32>(rows, 4) - window.y.least;
  const pixel = row * i32(window.stride) + load<i32>(columns, 4) - window.x.least;
  return (i32(phase * window.planes * window.plane) + pixel) << window.shift;
}

/** The same within a row: what columns are to a band of zipped rows. */
export function tapColumn(window: Window, kx: u32): i32 {
  const columns = window.x.table + (kx << 3);
  const pixel = load<i32>(columns, 4) - window.x.least;
  return (load<i32>(columns) * i32(window.plane) + pixel) << window.shift;
}

/** `tapOffset` of all taps, row-major, i32 each; 0 where memory does not suffice. */
export function tapOffsets(window: Window): usize {
  const columns = u32(window.x.taps);
  const taps = u32(window.y.taps) * columns;
  const offsets = alloc(u64(taps) << 2);
  for (let t: u32 = 0; offsets && t < taps; ++t) {
    store<i32>(offsets + (usize(t) << 2), tapOffset(window, t / columns, t % columns));
  }
  return offsets;
}

/** Rows or pixels that make whole tiles (arena.ts), as threads claim them. */
export function grainOf(window: Window): u32 {
  return ASC_FEATURE_THREADS ? (window.flat ? 16 : 4) : 1;
}

/** Output rows (flat: pixels) of the band that starts at `first`, and the pixels a kernel then runs over. */
export function bandRows(window: Window, first: u32): u32 {
  return min(window.rows, window.allRows - first);
}

export function bandPixels(window: Window, y: Tensor, rows: u32): u32 {
  return window.flat ? rows : (rows - 1) * window.stride + y.columns;
}

/** Pixel of the output at which the band that starts at `first` starts. */
export function bandStart(window: Window, first: u32): u32 {
  return window.flat ? first : first * window.stride;
}

/** Copies what output rows `first..first+rows-1` of one image see of the window's planes, from `plane` on, to `area`; `fill` outside the image. */
export function copyBand(
  window: Window,
  input: Tensor,
  output: Tensor,
  image: u32,
  plane: u32,
  first: u32,
  rows: u32,
  fill: u32,
  area: usize,
): void {
  const source = imageOf(layoutOf(input), plane, image);
  for (let i: u32 = 0; i < window.y.phaseCount; ++i) {
    const row = load<i32>(window.y.phases + (i << 2)) + (i32(first) + window.y.least) * window.y.stride;
    for (let j: u32 = 0; j < window.x.phaseCount; ++j) {
      const column = load<i32>(window.x.phases + (j << 2));
      // a flat image is one row
      const at = window.flat ? i32(first) : column;
      copyPhase(window, input, output, source, window.flat ? 0 : row, at, rows, fill, area);
      if (window.folded && j == 0) copyFolded(window, input, source, row, rows, fill, area);
      area += usize(window.planes * window.plane) << window.shift;
    }
  }
}

/** One phase of all planes; in the band two pairs may stand together. */
function copyPhase(
  window: Window,
  input: Tensor,
  output: Tensor,
  source: usize,
  row: i32,
  column: i32,
  rows: u32,
  fill: u32,
  y: usize,
): void {
  const planes = window.planes;
  const x = layoutOf(input);
  const bytes = usize(x.plane) * x.element;
  const one = usize(window.plane) << window.shift;
  if (ASC_FEATURE_RELAXED_SIMD && window.pixels == Pixels.QUADS) {
    const whole = x.planes >> 1;
    const two = bytes << 1;
    copyPlanes(window, input, output, whole, source, two, row, column, rows, fill, bytes, y, one);
    // the last pair of an odd number stands twice, with weights of zero
    const last = source + whole * two;
    copyPlanes(
      window,
      input,
      output,
      planes - whole,
      last,
      0,
      row,
      column,
      rows,
      fill,
      0,
      y + whole * one,
      one,
    );
  } else copyPlanes(window, input, output, planes, source, bytes, row, column, rows, fill, 0, y, one);
}

/** The last plane of the first column phase, again: its channel's columns one after the other are the pairs that even taps see. */
function copyFolded(
  window: Window,
  input: Tensor,
  source: usize,
  row: i32,
  rows: u32,
  fill: u32,
  area: usize,
): void {
  const x = layoutOf(input);
  const last = x.planes - 1;
  const from = source + (usize(x.plane * last) << 1);
  const y = area + (usize(window.plane * last) << 2);
  const first = window.x.least * 2 + load<i32>(window.x.phases);
  const width = i32(window.stride) << 1;
  const left = -first;
  const count = min(i32(x.columns), width - left);
  const n = i32(rows) + window.y.most - window.y.least;
  const bytes = usize(x.stride) << 1;
  const sy = window.y.stride;
  const right = width - left - count;
  x_band(Pixels.SINGLE, 1, from, 0, y, 0, n, count, left, right, bytes, row, sy, x.rows, 1, fill, 0);
}

/** Rows `row`, `row` + stride, ... of one phase of `planes` planes. */
function copyPlanes(
  window: Window,
  input: Tensor,
  output: Tensor,
  planes: u32,
  source: usize,
  x_plane: usize,
  row: i32,
  column: i32,
  rows: u32,
  fill: u32,
  other: usize,
  y: usize,
  y_plane: usize,
): void {
  const x = layoutOf(input);
  const pixels = window.pixels;
  const from = source + usize(column) * x.element;
  if (window.flat) {
    x_band(pixels, planes, from, x_plane, y, y_plane, 1, rows, 0, 0, 0, 0, 1, 1, 1, fill, other);
    return;
  }
  const sx = window.x.stride;
  const left = -window.x.least;
  const count = max(
    0,
    min((i32(x.columns) - column + sx - 1) / sx, i32(dataColumns(window.x, input, output))),
  );
  const right = i32(window.stride) - left - count;
  const n = i32(rows) + window.y.most - window.y.least;
  const bytes = usize(x.stride) * x.element;
  const sy = window.y.stride;
  x_band(
    pixels,
    planes,
    from,
    x_plane,
    y,
    y_plane,
    n,
    count,
    left,
    right,
    bytes,
    row,
    sy,
    x.rows,
    sx,
    fill,
    other,
  );
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
