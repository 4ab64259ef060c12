/** Sparse matrix times a band: prepares the programs of a convolution, and walks them band by band. */
import { Code } from '../error';
import { imageOf, planeOf, runOf } from '../arena';
import { alloc, mark, settle } from '../heap';
import {
  dots_are_right,
  f32_spmm_1x1,
  f32_spmm_2x1,
  Pixels,
  qs8_spmm_1x1,
  qs8_spmm_1x2,
  qs8_spmm_2x2,
  qs8_spmm_2x4,
  qs8_spmm_4x2,
  Unit,
} from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { isClaimed, next, partsOf, start, stop } from '../threads';
import { Group, groupsOf, Linear, nextGroup, noteProgram, openGroup, openLinear, programOf } from './linear';
import { highOf, highOfFloat, lowOf, lowOfFloat } from './node';
import { Kind, openPrograms, writePrograms } from './program';
import { bandPixels, bandStart, copyBand, grainOf, placeWindow, tapOffsets, Window } from './window';

/** A tile of 16 f32 pixels at the start of scratch, where a depthwise kernel writes when the output is one pixel. */
export const TILE_BYTES: u32 = 64;

/** Tiles a thread under which an image is small, and groups of outputs a thread that are enough to be divided. */
const SMALL: u32 = 16;
const LEAST_GROUPS: u32 = 4;

/** A convolution over whole planes, or a depthwise one of f32, a plane at a time. */
export function prepareSpmm(node: Node, linear: Linear): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const window = linear.window as Window;
  const layout = layoutOf(x);
  let planes = linear.multiplier && !linear.spread ? 1 : layout.planes;
  let pixels = x.dtype == DType.I8 ? Pixels.WIDE : Pixels.FLOATS;
  if (ASC_FEATURE_RELAXED_SIMD && useQuads(linear, x)) {
    linear.quads = true;
    linear.width = (linear.width + 3) & ~3;
    planes = (planes + 1) >> 1;
    pixels = Pixels.QUADS;
  } else if (useSingles(linear, x)) {
    linear.single = true;
    planes = x.channels;
    pixels = Pixels.SINGLE;
  }
  window.folded = pixels == Pixels.WIDE && canFold(window, x);
  if (!placeWindow(window, x, y, pixels, planes)) return Code.LIMIT;
  if (!needScratch(node, TILE_BYTES + window.bytes)) return Code.MEMORY;
  if (ASC_FEATURE_THREADS) linear.byOutputs = isSmall(linear, y);
  linear.kinds = alloc((u64(linear.outputs) + 3) >> 1);
  if (!linear.kinds) return Code.MEMORY;
  const before = mark();
  const offsets = tapOffsets(window);
  if (!offsets) return Code.MEMORY;
  return preparePrograms(node, linear, before, offsets, planeBytes(window, x));
}

/**
 * Whether four inputs a dot pay: where they fit its 7 bits, and so many blocks are kept that two pairs mostly come together. A relaxed dot
 * and add is three instructions on x64 without VNNI (one elsewhere), that of a pair two.
 */
function useQuads(linear: Linear, x: Tensor): bool {
  if (!x.natural || linear.multiplier) return false;
  const kernel = linear.kernel;
  if ((kernel.blockInputs & 3) != 0 && kernel.kept < kernel.blocks - (kernel.blocks >> 2)) return false;
  return dots_are_right();
}

/**
 * Whether joining any two channels beats the pairs as they lie: unstructured kernels that are not nearly dense. An entry of qs8_spmm_1x1
 * takes 1.36 of qs8_spmm_1x2's; a tile's end outweighs that where an output has few weights.
 */
function useSingles(linear: Linear, x: Tensor): bool {
  const kernel = linear.kernel;
  if (x.dtype != DType.I8 || linear.multiplier || kernel.blockInputs * kernel.blockOutputs > 1) return false;
  return kernel.kept < kernel.blocks >> 1 && kernel.kept >= kernel.outputs * 14;
}

/** Whether an odd last channel's columns can be joined: it is the whole image or the third of three, so it saves much. */
function canFold(window: Window, x: Tensor): bool {
  if ((x.channels & 1) == 0 || x.channels > 3 || window.x.taps < 2) return false;
  return window.x.stride == 2 && window.x.dilation == 1;
}

/**
 * Whether threads take outputs of a whole image, not pixels: each then copies the whole band, but an image of few tiles is not to be
 * divided evenly.
 */
function isSmall(linear: Linear, y: Tensor): bool {
  const tiles = runOf(layoutOf(y)) >> 4;
  return tiles < SMALL * partsOf() && groupsOf(linear) >= LEAST_GROUPS * partsOf();
}

/** Bytes from plane to plane of what a kernel reads: a band, or for f32 where the image is one row the input itself. */
function planeBytes(window: Window, x: Tensor): i32 {
  const layout = layoutOf(x);
  return i32(isDirect(window) ? layout.plane << 2 : window.plane << window.shift);
}

function isDirect(window: Window): bool {
  return LOPPER_FULL && window.flat && window.pixels == Pixels.FLOATS;
}

/** Writes the programs of all outputs; what was allocated since `before` may go. */
export function preparePrograms(node: Node, linear: Linear, before: usize, offsets: usize, step: i32): i32 {
  const x = inputOf(node, 0);
  const int8 = !LOPPER_FULL || x.dtype == DType.I8;
  openPrograms(offsets, step, linear.quads ? Unit.QUAD : int8 ? Unit.PAIR : Unit.FLOAT);
  const code = openLinear(node, linear, x, outputOf(node));
  if (code) return code;
  const group = openGroup(linear);
  if (!group) return Code.MEMORY;
  const first = mark();
  for (let o: u32 = 0; o < linear.outputs; o += 4) {
    nextGroup(group, linear, o);
    if (linear.window && (linear.window as Window).folded) foldRows(linear, group);
    noteProgram(linear, o, mark() - first);
    const bad = writePrograms(linear, group, o);
    if (bad) return bad;
  }
  node.unpacked = u32(mark() - first);
  linear.program = settle(before, first);
  return 0;
}

/** The last channel's weights of odd columns move to the second halves of the even ones before them (`Window.folded`). */
function foldRows(linear: Linear, group: Group): void {
  const columns = u32((linear.window as Window).x.taps);
  // of a spread group, which may not reach it
  const last = linear.inputs - 1 - group.first;
  if (LOPPER_FULL && last >= group.width) return;
  for (let t: u32 = 0; t < linear.taps; ++t) {
    if (((t % columns) & 1) == 0) continue;
    for (let r: u32 = 0; r < 4; ++r) {
      const w = group.rows + r * group.rowBytes + t * group.width + last;
      store<u8>(w - group.width + 1, load<u8>(w));
      store<u8>(w, 0);
    }
  }
}

/** What the taps see of a band of one image, `window.planes` planes from `plane` on: copied to scratch, or the input itself. */
export function sourceOf(node: Node, window: Window, image: u32, plane: u32, first: u32, rows: u32): usize {
  const x = inputOf(node, 0);
  const layout = layoutOf(x);
  if (isDirect(window)) return imageOf(layout, plane, image) + (usize(first) << 2);
  const area = scratchOf(node) + TILE_BYTES;
  let fill = layout.element == 2 ? (x.zero & 0xffff) * 0x10001 : 0;
  if (ASC_FEATURE_RELAXED_SIMD && window.pixels == Pixels.QUADS) fill = x.zero * 0x1010101;
  copyBand(window, x, outputOf(node), image, plane, first, rows, fill, area);
  return area;
}

/** Runs a convolution over whole planes. */
export function runSpmm(node: Node, linear: Linear): void {
  const window = linear.window as Window;
  const all = window.allRows;
  const whole = ASC_FEATURE_THREADS && linear.byOutputs;
  for (let image: u32 = 0; image < model.batch; ++image) {
    for (let first: u32 = whole ? 0 : start(all, grainOf(window)), rows: u32 = 0; first < all;) {
      rows = min(window.rows, (whole ? all : stop(all)) - first);
      runBand(node, linear, image, first, rows, whole);
      first = whole ? first + rows : next(first + rows);
    }
  }
}

/** All outputs of a band; or, where images are so small that threads split those, the outputs that this one claims. */
function runBand(node: Node, linear: Linear, image: u32, first: u32, rows: u32, whole: bool): void {
  const output = outputOf(node);
  const window = linear.window as Window;
  const pixels = bandPixels(window, output, rows);
  const at = layoutOf(output).image * image + bandStart(window, first);
  const groups = groupsOf(linear);
  let g: u32 = whole ? start(groups, 1) : 0;
  let x: usize = 0;
  while (isClaimed(g, groups)) {
    if (!x) x = sourceOf(node, window, image, 0, first, rows);
    const end = whole ? stop(groups) : groups;
    if (!LOPPER_FULL || output.dtype == DType.I8) walk(linear, x, output, pixels, at, g, end);
    else walkFloat(linear, x, output, pixels, at, g, end);
    if (!whole) return;
    g = next(end);
  }
}

/** Groups `g..end-1` of outputs in runs of one kernel: outputs two by two, a plane each; QUAD stands at both of its planes. */
function walk(linear: Linear, x: usize, output: Tensor, pixels: u32, at: u32, g: u32, end: u32): void {
  const y = layoutOf(output);
  const plane = usize(y.plane) << 1;
  const zero = output.zero;
  const lo = lowOf(linear.activation, output);
  const hi = highOf(linear.activation, output);
  const planes = ASC_FEATURE_THREADS ? min(end << 1, y.planes) : y.planes;
  let w = programOf(linear, g);
  for (let p = g << 1, n: u32 = 0; p < planes; p += n) {
    const kind: Kind = load<u8>(linear.kinds + p);
    const target = planeOf(y, p) + (usize(at) << 1);
    for (n = 1; p + n < planes && load<u8>(linear.kinds + p + n) == kind;) ++n;
    if (linear.single) w = qs8_spmm_1x1(n, pixels, x, w, target, plane, zero, lo, hi);
    else if (ASC_FEATURE_RELAXED_SIMD && linear.quads) {
      w = qs8_spmm_2x4(n, pixels, x, w, target, plane, zero, lo, hi);
    } else if (kind == Kind.JOINT) w = qs8_spmm_2x2(n, pixels, x, w, target, plane, zero, lo, hi);
    else if (kind == Kind.QUAD) {
      w = qs8_spmm_4x2(n >> 1, pixels, x, w, target, plane, zero, lo, hi);
    } else w = qs8_spmm_1x2(n, pixels, x, w, target, plane, zero, lo, hi);
  }
}

function walkFloat(linear: Linear, x: usize, output: Tensor, pixels: u32, at: u32, g: u32, end: u32): void {
  const y = layoutOf(output);
  const offset = usize(at) << 2;
  const lo = lowOfFloat(linear.activation);
  const hi = highOfFloat(linear.activation);
  const planes = ASC_FEATURE_THREADS ? min(end << 2, y.planes) : y.planes;
  let w = programOf(linear, g);
  for (let p = g << 2; p < planes; p += 2) {
    const y0 = planeOf(y, p) + offset;
    const y1 = planeOf(y, p + 1) + offset;
    if (load<u8>(linear.kinds + (p >> 1)) == Kind.JOINT) w = f32_spmm_2x1(pixels, x, w, y0, y1, lo, hi);
    else {
      w = f32_spmm_1x1(pixels, x, w, y0, lo, hi);
      if (p + 1 < y.planes) w = f32_spmm_1x1(pixels, x, w, y1, lo, hi);
    }
  }
}
