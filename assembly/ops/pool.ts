/** max_pool2d and avg_pool2d: plane by plane, phase planes with the pool's own padding, then a run of output pixels. */
import { Code, fail } from '../error';
import { imageOf, isPixel, runOf } from '../arena';
import { alloc } from '../heap';
import { f32_avgpool, f32_maxpool, Pixels, qs8_avgpool, qs8_maxpool } from '../kernels/index';
import {
  DType,
  inputOf,
  Layout,
  layoutOf,
  model,
  needScratch,
  Node,
  outputOf,
  scratchOf,
  Tensor,
} from '../model';
import { next, start } from '../threads';
import {
  checkAverage,
  checkBuild,
  checkDType,
  checkSameQuantization,
  checkSize,
  integers,
  list,
} from './node';
import {
  Axis,
  bandPixels,
  bandRows,
  bandStart,
  copyBand,
  linkWindow,
  placeWindow,
  readWindow,
  tapOffsets,
  Window,
} from './window';

/** A tile of 16 f32 pixels, where a kernel writes when the output is one pixel. */
const TILE_BYTES: u32 = 64;

@unmanaged
export class Pool {
  window: Window;
  taps: u32;
  /** Byte offsets of taps, i32 each. */
  offsets: usize;
  /** Average only: a factor for each output pixel, f32. */
  factors: usize;
  average: bool;
}

/** Shapes, types and the window; an average is over the pixels inside the image, a maximum never sees padding. */
export function checkPool(node: Node, average: bool): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSize(3, x.rank) || checkSize(3, y.rank) || checkSize(x.channels, y.channels)) return Code.SHAPE;
  if (checkDType(y, x.dtype) || checkBuild(x)) return Code.DTYPE;
  if (!average && checkSameQuantization(x, y)) return Code.QUANTIZATION;
  y.natural = !average && x.natural;
  if (integers(node, 'size', 2, 1, 65535, true)) return Code.ATTRIBUTE;
  const rows = load<i32>(list);
  const columns = load<i32>(list, 4);
  const window = readWindow(node, rows, columns, false);
  if (!window) return Code.ATTRIBUTE;
  if (checkPads(window.y) || checkPads(window.x)) return Code.ATTRIBUTE;
  const pool = changetype<Pool>(alloc(offsetof<Pool>()));
  if (!changetype<usize>(pool)) return Code.MEMORY;
  pool.window = window;
  pool.taps = rows * columns;
  pool.average = average;
  node.params = changetype<usize>(pool);
  return linkWindow(window, x, y, false);
}

/** Less padding than window, so that each window sees the image. */
function checkPads(axis: Axis): i32 {
  const most = max(axis.before, axis.after);
  return most < axis.taps ? 0 : fail(Code.ATTRIBUTE, axis.taps - 1, most);
}

export function preparePool(node: Node): i32 {
  const pool = changetype<Pool>(node.params);
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const pixels = x.dtype == DType.I8 ? Pixels.PAIRS : Pixels.FLOATS;
  if (!placeWindow(pool.window, x, y, pixels, 1)) return Code.LIMIT;
  if (!needScratch(node, TILE_BYTES + pool.window.bytes)) return Code.MEMORY;
  pool.offsets = tapOffsets(pool.window);
  if (!pool.offsets) return Code.MEMORY;
  return LOPPER_FULL && pool.average ? prepareFactors(pool, x, y) : 0;
}

/** How many of the window's taps at output `o` lie inside the image. */
function inside(axis: Axis, o: u32, size: u32): u32 {
  const first = i64(o) * axis.stride - axis.before;
  return u32(min(first + axis.taps, i64(size)) - max(first, 0));
}

/** fround(fround(sx / sy) / n), or 1 / n for f32, laid out as the output's plane from pixel (0, 0) on. */
function prepareFactors(pool: Pool, x: Tensor, y: Tensor): i32 {
  const layout = layoutOf(y);
  const ratio: f32 = x.dtype == DType.I8 ? x.scale / y.scale : 1;
  pool.factors = alloc(((u64(runOf(layout)) + 15) & ~15) << 2);
  if (!pool.factors) return Code.MEMORY;
  for (let r: u32 = 0; r < y.rows; ++r) {
    for (let c: u32 = 0; c < y.columns; ++c) {
      const n = inside(pool.window.y, r, x.rows) * inside(pool.window.x, c, x.columns);
      const factor = ratio / f32(n);
      store<f32>(pool.factors + (usize(r * layout.stride + c) << 2), factor);
      if (x.dtype == DType.I8 && checkAverage(n, factor)) return Code.OVERFLOW;
    }
  }
  return 0;
}

/** What the window reads outside the image: nothing that could win a maximum, or add to a sum. */
function fillOf(pool: Pool, x: Layout): u32 {
  if (LOPPER_FULL && pool.average) return u32(x.fill) * 0x10001;
  return x.element == 2 ? 0x80808080 : 0xff800000;
}

export function runPool(node: Node): void {
  const pool = changetype<Pool>(node.params);
  const window = pool.window;
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const y = layoutOf(output);
  const tile = scratchOf(node);
  const area = tile + TILE_BYTES;
  const fill = fillOf(pool, layoutOf(input));
  for (let p = start(y.planes, 1); p < y.planes; p = next(p + 1)) {
    for (let image: u32 = 0; image < model.batch; ++image) {
      for (let first: u32 = 0; first < window.allRows; first += window.rows) {
        const rows = bandRows(window, first);
        copyBand(window, input, output, image, p, first, rows, fill, area);
        const at = bandStart(window, first);
        const target = imageOf(y, p, image) + usize(at) * y.element;
        const single = isPixel(output);
        runPlane(node, pool, bandPixels(window, output, rows), at, area, single ? tile : target);
        if (single) memory.copy(target, tile, y.element);
      }
    }
  }
}

function runPlane(node: Node, pool: Pool, pixels: u32, start: u32, x: usize, y: usize): void {
  const factors = pool.factors + (usize(start) << 2);
  const input = inputOf(node, 0);
  const zero = outputOf(node).zero;
  if (LOPPER_FULL && input.dtype == DType.F32) {
    if (pool.average) f32_avgpool(pixels, x, pool.taps, pool.offsets, y, factors);
    else f32_maxpool(pixels, x, pool.taps, pool.offsets, y);
  } else if (LOPPER_FULL && pool.average) {
    qs8_avgpool(pixels, x, pool.taps, pool.offsets, y, factors, input.zero, zero, -128, 127);
  } else qs8_maxpool(pixels, x, pool.taps, pool.offsets, y);
}
