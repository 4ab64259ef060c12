/** Sparse matrix times planes: chooses kernels for each group of outputs, writes their program, and walks it. */
import { Code } from '../error';
import { planeOf, restorePadding, runOf } from '../arena';
import { alloc, mark, push, settle } from '../heap';
import { f32_spmm_1x1, f32_spmm_2x1, qs8_spmm_1x2, qs8_spmm_2x2, qs8_spmm_4x2 } from '../kernels/index';
import { DType, inputOf, layoutOf, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { biasBits, factor, fixChannel, Group, Linear, nextGroup, openGroup, openLinear } from './linear';
import { highOf, highOfFloat, lowOf, lowOfFloat } from './node';
import { copyPhases, Mode, phaseBytes, placeWindow, tapOffset, Window } from './window';

/** Cost of an entry for 16 pixels, in instructions about: what the choice of kernels counts with. */
const COST_1X2: u32 = 9;
const COST_2X2: u32 = 15;
const COST_4X2: u32 = 30;
const COST_1X1: u32 = 3;
const COST_2X1: u32 = 5;

/** A group's kinds byte: the first pair's kernel in bits 0-1, the second's in bits 2-3; QUAD is for both. */
const enum Kind {
  NONE,
  SEPARATE,
  JOINT,
  QUAD,
}

/** Byte offsets of taps, bytes from input unit to input unit, and log2 of a unit's bytes in a row of weights. */
let offsets: usize = 0;
let step: i32 = 0;
let shift: u32 = 0;

function unit(row: usize, index: u32): u32 {
  return shift == 1 ? load<u16>(row + (usize(index) << 1)) : load<u32>(row + (usize(index) << 2)) << 1;
}

/** Units that are not zero in each pair of rows (`separate`), in either row of a pair (`joint`), in any of four rows. */
let separate0: u32 = 0;
let separate1: u32 = 0;
let joint0: u32 = 0;
let joint1: u32 = 0;
let quad: u32 = 0;

function countUnits(group: Group): void {
  separate0 = separate1 = joint0 = joint1 = quad = 0;
  const row1 = group.rows + group.rowBytes;
  const row2 = row1 + group.rowBytes;
  const row3 = row2 + group.rowBytes;
  const units = group.rowBytes >> shift;
  for (let i: u32 = 0; i < units; ++i) {
    const a = unit(group.rows, i);
    const b = unit(row1, i);
    const c = unit(row2, i);
    const d = unit(row3, i);
    separate0 += u32(a != 0) + u32(b != 0);
    separate1 += u32(c != 0) + u32(d != 0);
    joint0 += u32((a | b) != 0);
    joint1 += u32((c | d) != 0);
    quad += u32((a | b | c | d) != 0);
  }
}

/** Prepares a convolution with many output pixels. */
export function prepareSpmm(node: Node, linear: Linear): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const window = linear.window as Window;
  if (!placeWindow(window, x, y)) return Code.LIMIT;
  const layout = layoutOf(x);
  const phased = window.mode == Mode.PHASES;
  if (phased && !needScratch(node, phaseBytes(window, layout.planes, layout.element))) return Code.MEMORY;
  linear.kinds = alloc((u64(linear.outputs) + 3) >> 2);
  if (!linear.kinds) return Code.MEMORY;
  const before = mark();
  offsets = alloc(u64(linear.taps) << 2);
  if (!offsets) return Code.MEMORY;
  const columns = linear.kernel.kernelColumns;
  for (let t: u32 = 0; t < linear.taps; ++t) {
    const at = tapOffset(window, t / columns, t % columns, phased ? layout.planes : 1, layout.element);
    store<i32>(offsets + (usize(t) << 2), at);
  }
  step = window.plane * layout.element;
  shift = x.dtype == DType.I8 ? 1 : 2;
  const code = openLinear(node, linear, x, y);
  if (code) return code;
  const group = openGroup(linear);
  if (!group) return Code.MEMORY;
  const start = mark();
  for (let o: u32 = 0; o < linear.outputs; o += 4) {
    nextGroup(group, linear, o);
    const bad = shift == 1 ? writeGroup(linear, group, o) : writeFloatGroup(linear, group, o);
    if (bad) return bad;
  }
  node.unpacked = u32(mark() - start);
  linear.program = settle(before, start);
  return 0;
}

/** Chooses and writes the programs of outputs o..o+3. */
function writeGroup(linear: Linear, group: Group, o: u32): i32 {
  countUnits(group);
  const kind = linear.kinds + (o >> 2);
  const first = min(COST_1X2 * separate0, COST_2X2 * joint0);
  const second = min(COST_1X2 * separate1, COST_2X2 * joint1);
  const paired = o + 2 < linear.outputs;
  if (paired && COST_4X2 * quad <= first + second) {
    store<u8>(kind, Kind.QUAD);
    return writeProgram(linear, group, o, 0, 4);
  }
  const joint = COST_2X2 * joint0 <= first;
  store<u8>(kind, joint ? Kind.JOINT : Kind.SEPARATE);
  const code = joint ? writeProgram(linear, group, o, 0, 2) : writeSeparate(linear, group, o, 0);
  if (code || !paired) return code;
  const joint2 = COST_2X2 * joint1 <= second;
  store<u8>(kind, load<u8>(kind) | ((joint2 ? Kind.JOINT : Kind.SEPARATE) << 2));
  return joint2 ? writeProgram(linear, group, o, 2, 2) : writeSeparate(linear, group, o, 2);
}

/** f32: outputs two by two, joint where both share enough of their inputs. */
function writeFloatGroup(linear: Linear, group: Group, o: u32): i32 {
  countUnits(group);
  const kind = linear.kinds + (o >> 2);
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += 2) {
    const two = o + row + 1 < linear.outputs;
    const joint = two && COST_2X1 * (row ? joint1 : joint0) <= COST_1X1 * (row ? separate1 : separate0);
    store<u8>(kind, load<u8>(kind) | ((joint ? Kind.JOINT : Kind.SEPARATE) << row));
    let code = writeProgram(linear, group, o, row, joint ? 2 : 1);
    if (!code && two && !joint) code = writeProgram(linear, group, o, row + 1, 1);
    if (code) return code;
  }
  return 0;
}

/** `i32 offset | rows x { i16 w[2] or f32 w }` where any of `rows` rows from `row` on is not zero; false where memory ends. */
function writeEntries(group: Group, row: u32, rows: u32): bool {
  const across = shift == 1 ? group.width >> 1 : group.width;
  const units = group.rowBytes >> shift;
  const weights = group.rows + row * group.rowBytes;
  for (let t: usize = 0, i: u32 = 0; i < units; ++t) {
    let at = load<i32>(offsets + (t << 2)) + i32(group.first >> 1) * step;
    for (let p: u32 = 0; p < across; ++p, ++i, at += step) {
      let any: u32 = 0;
      for (let r: u32 = 0; r < rows; ++r) any |= unit(weights + r * group.rowBytes, i);
      if (!any) continue;
      const entry = push(4 + (rows << 2));
      if (!entry) return false;
      store<i32>(entry, at);
      for (let r: u32 = 0; r < rows; ++r) {
        writeUnit(entry + (r << 2), weights + r * group.rowBytes + (usize(i) << shift));
      }
    }
  }
  return true;
}

function writeUnit(entry: usize, w: usize): void {
  if (shift == 2) store<u32>(entry, load<u32>(w), 4);
  else {
    store<i16>(entry, load<i8>(w), 4);
    store<i16>(entry, load<i8>(w, 1), 6);
  }
}

/** qs8_spmm_1x2: i32 count[2] | i32 bias[2] | f32 m[2] | entries of the first, entries of the second. */
function writeSeparate(linear: Linear, group: Group, o: u32, row: u32): i32 {
  const head = push(24);
  if (!head) return Code.MEMORY;
  for (let r: u32 = 0; r < 2; ++r) {
    const code = fixChannel(linear, o + row + r, group.rows + (row + r) * group.rowBytes, group.rowBytes);
    if (code) return code;
    store<u32>(head + (r << 2), biasBits(), 8);
    store<f32>(head + (r << 2), factor(), 16);
    const start = mark();
    if (!writeEntries(group, row + r, 1)) return Code.MEMORY;
    store<u32>(head + (r << 2), u32(mark() - start) >> 3);
  }
  return 0;
}

/** All other programs: i32 count | bias[rows] | f32 m[rows] where int8 | entries. */
function writeProgram(linear: Linear, group: Group, o: u32, row: u32, rows: u32): i32 {
  const head = push(4 + (rows << (shift == 1 ? 3 : 2)));
  if (!head) return Code.MEMORY;
  for (let r: u32 = 0; r < rows; ++r) {
    const code = fixChannel(linear, o + row + r, group.rows + (row + r) * group.rowBytes, group.rowBytes);
    if (code) return code;
    store<u32>(head + (r << 2), biasBits(), 4);
    if (shift == 1) store<f32>(head + ((rows + r) << 2), factor(), 4);
  }
  const start = mark();
  if (!writeEntries(group, row, rows)) return Code.MEMORY;
  store<u32>(head, u32(mark() - start) / (4 + (rows << 2)));
  return 0;
}

/** Runs a convolution with many output pixels. */
export function runSpmm(node: Node, linear: Linear): void {
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const window = linear.window as Window;
  const layout = layoutOf(input);
  let x = planeOf(layout, 0);
  if (window.mode == Mode.PHASES) {
    const area = scratchOf(node);
    copyPhases(window, layout, output, 0, layout.planes, layout.fill, area);
    x = area + usize(window.origin) * layout.element;
  }
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
