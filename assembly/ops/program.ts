/** Chooses the kernels for each group of outputs and writes their programs (docs/runtime.md, Kernels and their programs). */
import { Code, lastCode } from '../error';
import { mark, push, release } from '../heap';
import { countUnits, isFloat, noteUnits, openPrograms, placeOf, pushEntries } from './entries';
import { biasBits, factor, fixChannel, Group, Linear } from './linear';
import { Window } from './window';

export { openPrograms };

/** Cost of an entry for 16 pixels, in instructions about: what the choice of kernels counts with. */
const COST_1X2: u32 = 9;
const COST_2X2: u32 = 15;
const COST_4X2: u32 = 28;
const COST_1X1: u32 = 3;
const COST_2X1: u32 = 5;

/** Which kernel makes two outputs; QUAD stands at two of them. */
export const enum Kind {
  SEPARATE,
  JOINT,
  QUAD,
}

/** Writes the programs of outputs o..o+3. 0 or an error code. */
export function writePrograms(linear: Linear, group: Group, o: u32): i32 {
  if (linear.multiplier && !linear.spread) return writeDepthwise(linear, group, o);
  noteUnits(group);
  return isFloat() ? writeFloatGroup(linear, group, o) : writeGroup(linear, group, o);
}

/** A channel pair a program for int8, a channel for f32. */
function writeDepthwise(linear: Linear, group: Group, o: u32): i32 {
  if (isFloat()) noteUnits(group);
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += isFloat() ? 1 : 2) {
    const code = isFloat() ? writeProgram(linear, group, o, row, 1) : writeTaps(linear, group, o, row);
    if (code) return code;
  }
  return 0;
}

/** Chooses and writes the programs of outputs o..o+3; qs8_spmm_1x1 and qs8_spmm_2x4 are chosen for a whole kernel. */
function writeGroup(linear: Linear, group: Group, o: u32): i32 {
  const quads = ASC_FEATURE_RELAXED_SIMD && linear.quads;
  if (!quads && !linear.single && o + 2 < linear.outputs && preferQuad()) {
    store<u16>(linear.kinds + (o >> 1), Kind.QUAD * 0x101);
    return writeProgram(linear, group, o, 0, 4);
  }
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += 2) {
    const together =
      quads || (!linear.single && COST_2X2 * countUnits(row, 2) <= COST_1X2 * countSeparate(row));
    store<u8>(linear.kinds + ((o + row) >> 1), together ? Kind.JOINT : Kind.SEPARATE);
    const code = together ? writeProgram(linear, group, o, row, 2) : writeSeparate(linear, group, o, row);
    if (code) return code;
  }
  return 0;
}

/** Entries of rows `row` and `row` + 1, each with its own. */
function countSeparate(row: u32): u32 {
  return countUnits(row, 1) + countUnits(row + 1, 1);
}

/** Whether one program of four outputs costs no more than the best of two each. */
function preferQuad(): bool {
  let others: u32 = 0;
  for (let row: u32 = 0; row < 4; row += 2) {
    others += min(COST_1X2 * countSeparate(row), COST_2X2 * countUnits(row, 2));
  }
  return COST_4X2 * countUnits(0, 4) <= others;
}

/** f32: outputs two by two, joint where both share enough of their inputs. */
function writeFloatGroup(linear: Linear, group: Group, o: u32): i32 {
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += 2) {
    const two = o + row + 1 < linear.outputs;
    const together = two && COST_2X1 * countUnits(row, 2) <= COST_1X1 * countSeparate(row);
    store<u8>(linear.kinds + ((o + row) >> 1), together ? Kind.JOINT : Kind.SEPARATE);
    let code = writeProgram(linear, group, o, row, together ? 2 : 1);
    if (!code && two && !together) code = writeProgram(linear, group, o, row + 1, 1);
    if (code) return code;
  }
  return 0;
}

/** qs8_spmm_1x2, 1x1: i32 count[2] | i32 bias[2] | f32 m[2] | entries of the first, entries of the second. */
function writeSeparate(linear: Linear, group: Group, o: u32, row: u32): i32 {
  const head = push(24);
  if (!head || fixRows(linear, group, o, row, 2, head + 4)) return lastCode();
  for (let r: u32 = 0; r < 2; ++r) {
    const start = mark();
    if (!pushEntries(linear, group, row + r, 1)) return Code.MEMORY;
    store<u32>(head + (r << 2), u32(mark() - start) / (linear.single ? 12 : 8));
  }
  return 0;
}

/** Constants of `rows` rows behind the count at `head`: bias[rows] | f32 m[rows] where int8. */
function fixRows(linear: Linear, group: Group, o: u32, row: u32, rows: u32, head: usize): i32 {
  for (let r: u32 = 0; r < rows; ++r) {
    const code = fixChannel(linear, o + row + r, group.rows + (row + r) * group.rowBytes, group.rowBytes);
    if (code) return code;
    store<u32>(head + (r << 2), biasBits(), 4);
    if (!isFloat()) store<f32>(head + ((rows + r) << 2), factor(), 4);
  }
  return 0;
}

/** All other programs: i32 count | bias[rows] | f32 m[rows] where int8 | entries. */
function writeProgram(linear: Linear, group: Group, o: u32, row: u32, rows: u32): i32 {
  const head = push(4 + (rows << (isFloat() ? 2 : 3)));
  if (!head || fixRows(linear, group, o, row, rows, head)) return lastCode();
  const start = mark();
  if (!pushEntries(linear, group, row, rows)) return Code.MEMORY;
  store<u32>(head, u32(mark() - start) / (4 + (rows << 2)));
  return 0;
}

/**
 * qs8_dwconv: i32 count | i32 bias[2] | f32 m[2] | count x { i32 offset | i16 w[2][4] }: for each zip and column that two output rows
 * read, the weights of c0 in both halves, then c1, of the first row and of the second.
 */
function writeTaps(linear: Linear, group: Group, o: u32, first: u32): i32 {
  const window = linear.window as Window;
  const row = group.rows + first * group.rowBytes;
  const head = push(20);
  if (!head || fixRows(linear, group, o, first, 2, head)) return lastCode();
  const columns = window.x.taps;
  const zips = (window.y.stride + window.y.taps + 1) >> 1;
  const bytes = usize(zips * columns) * 20;
  let entry = push(bytes);
  if (!entry) return Code.MEMORY;
  memory.fill(entry, 0, bytes);
  const start = entry + 4;
  for (let i = 0; i < 4; ++i) {
    let w = row + (i & 1) * linear.taps;
    let line = (i >> 1) * window.y.stride;
    for (const end = line + window.y.taps; line < end; ++line) {
      let y = start + usize((line >> 1) * columns) * 20 + ((i << 2) | ((line & 1) << 1));
      for (let kx = 0; kx < columns; ++kx, ++w, y += 20) store<i16>(y, load<i8>(w));
    }
  }
  for (let z = 0, from = start; z < zips; ++z) {
    for (let kx = 0; kx < columns; ++kx, from += 20) {
      const weights = v128.load(from);
      if (!v128.any_true(weights)) continue;
      store<i32>(entry, placeOf(kx) + ((z * window.stride) << 3));
      v128.store(entry, weights, 4);
      entry += 20;
    }
  }
  release(entry);
  store<u32>(head, u32(entry + 4 - start) / 20);
  return 0;
}
