import { Code, fail, failReal } from '../error';
import { imageOf, isPixel } from '../arena';
import { alloc, mark } from '../heap';
import { f32_spmm_1x1, Pixels, qs8_dwconv, x_band } from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { isGathered } from './conv2d';
import { prepareGemv, runGemv } from './gemv';
import { isClaimed, next, start, stop } from '../threads';
import { checkLinearTypes, groupsOf, Linear, programOf, readLinear } from './linear';
import { checkSize, highOf, highOfFloat, lowOf, lowOfFloat } from './node';
import { preparePrograms, prepareSpmm, runSpmm, sourceOf, TILE_BYTES } from './spmm';
import { bandPixels, bandRows, bandStart, linkWindow, readWindow, tapColumn, Window } from './window';

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
  linear.width = 1;
  linear.window = readWindow(node, kernel.kernelRows, kernel.kernelColumns, true);
  if (!linear.window) return Code.ATTRIBUTE;
  const window = linear.window as Window;
  const several = linear.multiplier > 1 || window.y.dilation > 1;
  if (!LOPPER_FULL && several) return fail(Code.BUILD, 1, linear.multiplier);
  linear.spread = LOPPER_FULL && x.dtype == DType.I8 && several;
  linear.zipped = x.dtype == DType.I8 && !several;
  return linkWindow(window, x, y, linear.spread);
}

export function prepareDepthwise(node: Node): i32 {
  const linear = changetype<Linear>(node.params);
  if (linear.zipped) return prepareZipped(node, linear);
  if (!LOPPER_FULL) return 0;
  return isGathered(linear) ? prepareGemv(node, linear) : prepareSpmm(node, linear);
}

export function runDepthwise(node: Node): void {
  const linear = changetype<Linear>(node.params);
  if (linear.zipped) runZipped(node, linear);
  else if (LOPPER_FULL && isGathered(linear)) runGemv(node, linear);
  else if (LOPPER_FULL && linear.spread) runSpmm(node, linear);
  else if (LOPPER_FULL) runFloat(node, linear);
}

function runFloat(node: Node, linear: Linear): void {
  const groups = groupsOf(linear);
  let g = start(groups, 1);
  while (isClaimed(g, groups)) {
    const end = stop(groups);
    runFloatPlanes(node, linear, g, ASC_FEATURE_THREADS ? end << 2 : -1);
    if (!ASC_FEATURE_THREADS) break;
    g = next(end);
  }
}

/** f32, from that group of outputs on: a plane's band, then the programs of the channels that read it. */
function runFloatPlanes(node: Node, linear: Linear, group: u32, end: u32): void {
  const output = outputOf(node);
  const y = layoutOf(output);
  const window = linear.window as Window;
  const single = isPixel(output);
  const tile = scratchOf(node);
  const lo = lowOfFloat(linear.activation);
  const hi = highOfFloat(linear.activation);
  const planes = min(end, y.planes);
  for (let image: u32 = 0; image < model.batch; ++image) {
    for (let first: u32 = 0; first < window.allRows; first += window.rows) {
      const rows = bandRows(window, first);
      const pixels = bandPixels(window, output, rows);
      let w = programOf(linear, group);
      let x: usize = 0;
      for (let p = group << 2; p < planes; ++p) {
        if (!x || p % linear.multiplier == 0)
          x = sourceOf(node, window, image, p / linear.multiplier, first, rows);
        const target = imageOf(y, p, image) + (usize(bandStart(window, first)) << 2);
        w = f32_spmm_1x1(pixels, x, w, single ? tile : target, lo, hi);
        if (single) store<f32>(target, load<f32>(tile));
      }
    }
  }
}

// int8: rows are zipped two by two, so that one dot adds two taps of a column. Padded row r lies in zip r >> 1, half r & 1; output rows
// y and y + 1, y even, read the zips from y / 2 * stride on.

/** Bytes of zipped rows that stay in the first-level cache. */
const CACHED: u64 = 16384;

/** Zips that two output rows read. */
function zipsOf(linear: Linear): u32 {
  const window = linear.window as Window;
  return u32(window.y.stride + window.y.taps + 1) >> 1;
}

/**
 * Places the bands: `window.rows` pairs of output rows of `window.planes` planes, several where all rows of one leave room; behind them a row
 * of fill and one for what is not an output row.
 */
function prepareZipped(node: Node, linear: Linear): i32 {
  const window = linear.window as Window;
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const stride = u64(y.columns) + window.x.most - window.x.least;
  const each = (stride << 3) * window.x.phaseCount;
  const pairs = (y.rows + 1) >> 1;
  const halo = u64(zipsOf(linear)) - window.y.stride;
  const room = CACHED / each;
  window.rows = max(1, min(pairs, u32(room > halo ? room - halo : 0) / window.y.stride));
  window.allRows = pairs;
  const plane = stride * (u64(window.rows) * window.y.stride + halo) + 16;
  const bytes = (plane << 3) * window.x.phaseCount;
  const several = window.rows == pairs && !isPixel(y);
  window.planes = several ? max(1, min(layoutOf(y).planes, u32(CACHED / bytes))) : 1;
  window.bytes = bytes * window.planes;
  if (plane >= 1 << 30 || window.bytes >= 1 << 30) return failReal(Code.LIMIT, 1073741824, f64(window.bytes));
  window.stride = u32(stride);
  window.plane = u32(plane);
  window.shift = 3;
  const rows = (u64(max(x.columns, y.columns)) << 1) + 128;
  if (!needScratch(node, window.bytes + (rows << 1))) return Code.MEMORY;
  const before = mark();
  const offsets = alloc(u64(window.x.taps) << 2);
  if (!offsets) return Code.MEMORY;
  for (let kx: u32 = 0; kx < u32(window.x.taps); ++kx) {
    store<i32>(offsets + (usize(kx) << 2), tapColumn(window, kx));
  }
  return preparePrograms(node, linear, before, offsets, 0);
}

/** Bytes of a band's plane, all its column phases. */
function bandBytes(window: Window): usize {
  return usize(window.plane * window.x.phaseCount) << 3;
}

function runZipped(node: Node, linear: Linear): void {
  const groups = groupsOf(linear);
  let g = start(groups, 1);
  while (isClaimed(g, groups)) {
    const end = stop(groups);
    runZippedPlanes(node, linear, g, ASC_FEATURE_THREADS ? end << 1 : -1);
    if (!ASC_FEATURE_THREADS) break;
    g = next(end);
  }
}

/** Plane by plane, from that group of outputs on; images of one plane in their order, as the last row of one may write into the next. */
function runZippedPlanes(node: Node, linear: Linear, group: u32, end: u32): void {
  const window = linear.window as Window;
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const x = layoutOf(input);
  const y = layoutOf(output);
  const lo = lowOf(linear.activation, output);
  const hi = highOf(linear.activation, output);
  const band = scratchOf(node);
  const blank = (band + usize(window.bytes) + 63) & ~63;
  const beyond = (blank + (usize(max(x.columns, y.columns)) << 1) + 64) & ~63;
  memory.fill(blank, u8(input.zero), (usize(x.columns) << 1) + 32);
  const single = isPixel(output);
  const last = min(end, y.planes);
  let w = programOf(linear, group);
  for (let p = group << 1; p < last; p += window.planes) {
    const planes = min(window.planes, last - p);
    let after = w;
    for (let image: u32 = 0; image < model.batch; ++image) {
      const source = imageOf(x, p, image);
      const target = imageOf(y, p, image);
      for (let first: u32 = 0; first < window.allRows; first += window.rows) {
        const pairs = min(window.rows, window.allRows - first);
        zipRows(linear, input, planes, source, first, pairs, blank, band);
        const row = first << 1;
        after = qs8_dwconv(
          planes,
          min(pairs << 1, output.rows - row),
          output.columns,
          band,
          bandBytes(window),
          usize(window.y.stride * window.stride) << 3,
          w,
          single ? beyond : target + (usize(row * y.stride) << 1),
          usize(y.plane) << 1,
          usize(y.stride) << 1,
          beyond + 64,
          output.zero,
          lo,
          hi,
        );
      }
      if (single) store<u16>(target, load<u16>(beyond));
    }
    w = after;
  }
}

/** Zips the rows of `planes` planes that `pairs` pairs of output rows from `first` on read, column phase by column phase. */
function zipRows(
  linear: Linear,
  input: Tensor,
  planes: u32,
  source: usize,
  first: u32,
  pairs: u32,
  blank: usize,
  band: usize,
): void {
  const window = linear.window as Window;
  const axis = window.x;
  const layout = layoutOf(input);
  const zips = (pairs - 1) * window.y.stride + zipsOf(linear);
  const most = i32(window.stride) + axis.least;
  const row = i32(first * 2 * window.y.stride) - window.y.before;
  const sx = axis.stride;
  const fill = (input.zero & 0xffff) * 0x10001;
  for (let j: u32 = 0; j < axis.phaseCount; ++j) {
    const column = load<i32>(axis.phases + (j << 2));
    const count = max(0, min(most, (i32(input.columns) - column + sx - 1) / sx));
    x_band(
      Pixels.ZIPPED,
      planes,
      source + (usize(column) << 1),
      usize(layout.plane) << 1,
      band + (usize(j * window.plane) << 3),
      bandBytes(window),
      zips,
      count,
      -axis.least,
      most - count,
      usize(layout.stride) << 1,
      row,
      2,
      input.rows,
      sx,
      fill,
      blank,
    );
  }
}
