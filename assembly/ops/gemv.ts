/** Sparse matrix times vector, for one output pixel: gathers what the window sees, then four outputs a program. */
import { Code, failReal } from '../error';
import { imageOf } from '../arena';
import { alloc, mark, push, settle } from '../heap';
import {
  f32_gemv_4x1,
  qs8_f32_gemv_4x2,
  qs8_gemv_4x2,
  qs8_gemv_8x16,
  qs8_sums,
  qs8_widen,
  Unit,
  x16_strided_copy,
  x32_strided_copy,
} from '../kernels/index';
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
import { isClaimed, next, start, stop } from '../threads';
import { countUnits, noteUnits, openPrograms, VECTOR, writeEntries } from './entries';
import { columnsScratch, hasColumns, preferColumns, runColumns, writeColumns } from './gemv-columns';
import {
  addWeights,
  clearWindows,
  countWindows,
  fixWindow,
  openWindows,
  OUTPUTS,
  pushWindows,
  writeWindows,
} from './gemv-window';
import {
  biasBits,
  channel,
  factor,
  Group,
  Linear,
  nextGroup,
  noteProgram,
  openGroup,
  openLinear,
  programOf,
} from './linear';
import { highOf, highOfFloat, lowOf, lowOfFloat } from './node';
import { gatherOffset, Window } from './window';

/** A u16 names a pair. */
const MAX_PAIRS: u64 = 65536;

/** First pair, or byte of f32, of each tap in the vector; -1 where the tap sees padding, which adds nothing. */
let units: usize = 0;
/** Whether weights are pairs of int8. */
let pairs: bool = false;

/** Whether programs of windows may be written. */
let windows: bool = false;

function isPairs(): bool {
  return !LOPPER_FULL || pairs;
}

/** Where the taps of a window over one pixel lie; dense has one tap. Returns how many see the image. */
function placeTaps(linear: Linear, x: Layout): u32 {
  let seen: u32 = 0;
  for (let t: u32 = 0; t < linear.taps; ++t) {
    const slot = units + (usize(t) << 2);
    if (pixelOf(linear, x, t) < 0) store<i32>(slot, -1);
    else store<i32>(slot, i32((seen++ * x.planes) << (isPairs() ? 0 : 2)));
  }
  return seen;
}

/** Pixels from (0, 0) to what tap `t` sees, or -1. */
function pixelOf(linear: Linear, x: Layout, t: u32): i64 {
  if (!linear.window) return 0;
  const columns = linear.kernel.kernelColumns;
  return gatherOffset(linear.window as Window, x, t / columns, t % columns);
}

/** Prepares a node with one output pixel. */
export function prepareGemv(node: Node, linear: Linear): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const layout = layoutOf(x);
  pairs = x.dtype == DType.I8;
  linear.kinds = alloc((u64(linear.outputs) + 7) >> 3);
  if (!linear.kinds) return Code.MEMORY;
  const before = mark();
  units = alloc(u64(linear.taps) << 2);
  if (!units) return Code.MEMORY;
  const seen = placeTaps(linear, layout);
  const length = u64(layout.plane == 1 ? 1 : seen) * layout.planes;
  if (isPairs() && length > MAX_PAIRS) return failReal(Code.LIMIT, f64(MAX_PAIRS), f64(length));
  const code = openLinear(node, linear, x, y);
  if (code) return code;
  openPrograms(units, isPairs() ? 1 : 4, isPairs() ? Unit.PAIR : Unit.FLOAT);
  const group = openGroup(linear);
  if (!group) return Code.MEMORY;
  if (preferColumns(node, linear)) return prepareColumns(node, linear, group, before);
  windows = isPairs() && y.dtype == DType.I8 && !linear.spread;
  if (windows && !openWindows(u32(length) << 1)) return Code.MEMORY;
  const first = mark();
  for (let o: u32 = 0; o < linear.outputs; o += 8) {
    noteProgram(linear, o, mark() - first);
    const bad = writeEight(linear, group, o);
    if (bad) return bad;
  }
  node.unpacked = u32(mark() - first);
  linear.program = settle(before, first);
  return needScratch(node, scratchBytes(length)) ? 0 : Code.MEMORY;
}

function prepareColumns(node: Node, linear: Linear, group: Group, before: usize): i32 {
  linear.columns = true;
  const first = mark();
  const code = writeColumns(linear, group);
  if (code) return code;
  node.unpacked = u32(mark() - first);
  linear.program = settle(before, first);
  return needScratch(node, columnsScratch(linear)) ? 0 : Code.MEMORY;
}

/** The gathered vector, and behind it its pairs widened to i16. */
function scratchBytes(length: u64): u64 {
  return isPairs() ? gatheredBytes(length) * 3 : gatheredBytes(length << 1);
}

function gatheredBytes(length: u64): u64 {
  return ((length << 1) + 15) & ~15;
}

/** Chooses the kernel for outputs o..o+7, o a multiple of 8, and writes their programs. */
function writeEight(linear: Linear, group: Group, o: u32): i32 {
  nextGroup(group, linear, o);
  if (windows && preferWindows(linear, group)) {
    store<u8>(linear.kinds + (o >> 3), 1);
    return writeWindow(linear, group, o);
  }
  linear.widened = true;
  for (let p = o; p < min(o + 8, linear.outputs); p += 4) {
    if (p > o) nextGroup(group, linear, p);
    const bad = writeProgram(linear, group, p);
    if (bad) return bad;
  }
  return 0;
}

/** Instructions that an entry of each kernel takes, and what ends four outputs. */
const COST_4X2: u32 = 6;
const COST_8X16: u32 = 17;
const COST_END: u32 = 25;

/** Lists the eight rows' weights, and compares what their programs would cost. Blocks of two outputs and more fill an entry of 4x2. */
function preferWindows(linear: Linear, group: Group): bool {
  const rows = group.rows;
  let entries = countEntries(group);
  group.rows = rows + (group.rowBytes << 2);
  entries += countEntries(group);
  group.rows = rows;
  if (listWeights(linear, group) >= entries * 5) return false;
  return COST_8X16 * countWindows() < COST_4X2 * entries + COST_END;
}

/** The weights of eight rows that are not zero, to gemv-window.ts; how many there are. */
function listWeights(linear: Linear, group: Group): u32 {
  let count: u32 = 0;
  clearWindows();
  for (let r: u32 = 0; r < OUTPUTS; ++r) {
    for (let t: u32 = 0; t < linear.taps; ++t) {
      const first = load<i32>(units + (usize(t) << 2));
      const row = group.rows + r * group.rowBytes + t * group.width;
      if (first >= 0) count = addWeights(r, row, group.width, u32(first) << 1);
    }
  }
  return count;
}

/** i32 count | bias[8] | f32 m[8] | windows. */
function writeWindow(linear: Linear, group: Group, o: u32): i32 {
  const program = pushWindows(countWindows());
  if (!program) return Code.MEMORY;
  for (let r: u32 = 0; r < OUTPUTS; ++r) {
    const code = fixSeen(linear, group, o, r);
    if (code) return code;
    fixWindow(program, r);
  }
  writeWindows(program);
  return 0;
}

/**
 * i32 count | bias[4] | f32 m[4] where int8 | indices or offsets | weights, zero rows past the last output. int8: entries are even, the
 * last one of no weight, so that a kernel has one loop: where it ends is what a processor predicts worst.
 */
function writeProgram(linear: Linear, group: Group, o: u32): i32 {
  const header = push(isPairs() ? 36 : 20);
  if (!header) return Code.MEMORY;
  const found = countEntries(group);
  const total = isPairs() ? (found + 1) & ~1 : found;
  const bytes = usize(total) * (isPairs() ? 10 : 20);
  const index = push(bytes);
  if (!index) return Code.MEMORY;
  memory.fill(index, 0, bytes);
  writeEntries(group, 0, 4, index, index + (usize(total) << (isPairs() ? 1 : 2)), VECTOR);
  store<u32>(header, total);
  for (let r: u32 = 0; r < 4; ++r) {
    const code = fixSeen(linear, group, o, r);
    if (code) return code;
    store<u32>(header + (r << 2), biasBits(), 4);
    if (isPairs()) store<f32>(header + (r << 2), factor(), 20);
  }
  return 0;
}

/** How many entries four rows have; notes where, for `writeEntries`. */
function countEntries(group: Group): u32 {
  noteUnits(group);
  return countUnits(0, 4);
}

/** Sums only the taps that see the image: the others' inputs are the zero point, and are not in the program. */
function fixSeen(linear: Linear, group: Group, o: u32, r: u32): i32 {
  let sum: i64 = 0;
  let magnitude: i64 = 0;
  const row = group.rows + r * group.rowBytes;
  for (let t: u32 = 0; isPairs() && t < linear.taps; ++t) {
    const sums = qs8_sums(group.width, row + t * group.width);
    magnitude += sums >> 32;
    if (load<i32>(units + (usize(t) << 2)) >= 0) sum += i32(sums);
  }
  return channel(linear, o + r, sum, magnitude);
}

/** Runs a node with one output pixel. */
export function runGemv(node: Node, linear: Linear): void {
  if (hasColumns() && linear.columns) return runColumns(node, linear);
  const input = inputOf(node, 0);
  const output = outputOf(node);
  for (let image: u32 = 0; image < model.batch; ++image) {
    const gathered = gather(linear, layoutOf(input), image, scratchOf(node));
    const y = imageOf(layoutOf(output), 0, image);
    const pairs = !LOPPER_FULL || input.dtype == DType.I8;
    const wide = scratchOf(node) + usize(gatheredBytes(u64(vectorLength)));
    if (pairs && linear.widened) qs8_widen(vectorLength << 1, gathered, wide);
    const eights = (linear.outputs + 7) >> 3;
    let g = start(eights, 1);
    while (isClaimed(g, eights)) {
      const end = stop(eights);
      if (pairs) walk(linear, gathered, wide, output, y, g << 3, end << 3);
      else walkFloat(linear, gathered, output, y, g << 3, end << 3);
      if (!ASC_FEATURE_THREADS) break;
      g = next(end);
    }
  }
}

let vectorLength: u32 = 0;

/** The window's pixels, tap after tap, all planes of each; an input that is such a vector already is used as it is. */
function gather(linear: Linear, x: Layout, image: u32, area: usize): usize {
  const plane = imageOf(x, 0, image);
  if (x.plane == 1) {
    vectorLength = x.planes;
    return plane;
  }
  let y = area;
  for (let t: u32 = 0; t < linear.taps; ++t) {
    const pixel = pixelOf(linear, x, t);
    if (pixel < 0) continue;
    const from = plane + usize(pixel) * x.element;
    if (x.element == 2) x16_strided_copy(x.planes, from, x.plane, y, 1);
    else x32_strided_copy(x.planes, from, x.plane, y, 1);
    y += x.planes * x.element;
  }
  vectorLength = u32(y - area) / x.element;
  return area;
}

/** Outputs `o..end-1`, o a multiple of 8, in runs of one kernel: consecutive programs of one kind. */
function walk(linear: Linear, x: usize, x16: usize, output: Tensor, y: usize, o: u32, end: u32): void {
  const outputs = min(end, linear.outputs);
  let w = programOf(linear, o >> 2);
  if (output.dtype == DType.F32) {
    const least = lowOfFloat(linear.activation);
    const scores = y + (usize(o) << 2);
    qs8_f32_gemv_4x2((outputs - o + 3) >> 2, x16, w, scores, least, highOfFloat(linear.activation));
    return;
  }
  const lo = lowOf(linear.activation, output);
  const hi = highOf(linear.activation, output);
  const kinds = linear.kinds;
  for (let last: u32 = 0; o < outputs; o = last) {
    const kind = load<u8>(kinds + (o >> 3));
    for (last = o + 8; last < outputs && load<u8>(kinds + (last >> 3)) == kind;) last += 8;
    const n = min(last, outputs) - o;
    if (kind) w = qs8_gemv_8x16((n + 7) >> 3, x, w, y + o, output.zero, lo, hi);
    else w = qs8_gemv_4x2((n + 3) >> 2, x16, w, y + o, output.zero, lo, hi);
  }
}

function walkFloat(linear: Linear, x: usize, output: Tensor, y: usize, o: u32, end: u32): void {
  const lo = lowOfFloat(linear.activation);
  const hi = highOfFloat(linear.activation);
  const outputs = min(end, linear.outputs);
  let w = programOf(linear, o >> 2);
  for (; o < outputs; o += 4) w = f32_gemv_4x1(x, w, y + (usize(o) << 2), lo, hi);
}
