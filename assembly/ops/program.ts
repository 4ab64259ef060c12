/** Chooses the kernels for each group of outputs and writes their programs (docs/runtime.md, Kernels and their programs). */
import { Code, lastCode } from '../error';
import { mark, push, release } from '../heap';
import { Unit, x_nonzero } from '../kernels/index';
import { biasBits, factor, fixChannel, Group, Linear } from './linear';
import { Window } from './window';

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

/** Byte offsets of taps, and bytes from input unit to input unit. */
let offsets: usize = 0;
let step: i32 = 0;
let unit: Unit = Unit.PAIR;

/** Units of the weights in hand: core builds have no floats, only relaxed ones quads. */
function unitOf(): Unit {
  return LOPPER_FULL || ASC_FEATURE_RELAXED_SIMD ? unit : Unit.PAIR;
}

function isFloat(): bool {
  return LOPPER_FULL && unit == Unit.FLOAT;
}

/** log2 of a unit's bytes in expanded rows. */
function shiftOf(): u32 {
  return unitOf() == Unit.PAIR ? 1 : 2;
}

/** Bit j: unit i + j of a row is not zero in any of `rows` rows from `row` on. */
function nonzero(group: Group, rows: i32, row: usize, i: u32, units: u32): u32 {
  const found = x_nonzero(rows, row + (usize(i) << shiftOf()), group.rowBytes, unitOf());
  return units - i < 8 ? found & ((1 << (units - i)) - 1) : found;
}

/** Units that are not zero in two rows (`separate`), and in either of them (`joint`). */
let separate: u32 = 0;
let joint: u32 = 0;

/** Counts those of rows `row` and `row` + 1. */
function countUnits(group: Group, row: u32): void {
  separate = joint = 0;
  const first = group.rows + row * group.rowBytes;
  const units = group.rowBytes >> shiftOf();
  for (let i: u32 = 0; i < units; i += 8) {
    const a = nonzero(group, 1, first, i, units);
    const b = nonzero(group, 1, first + group.rowBytes, i, units);
    separate += popcnt(a) + popcnt(b);
    joint += popcnt(a | b);
  }
}

/** `taps`: i32 byte offsets of the kernel's taps; bytes from one input unit to the next. */
export function openPrograms(taps: usize, planeBytes: i32, units: Unit): void {
  offsets = taps;
  step = planeBytes;
  unit = units;
}

/** Writes the programs of outputs o..o+3. 0 or an error code. */
export function writePrograms(linear: Linear, group: Group, o: u32): i32 {
  if (linear.multiplier && !linear.spread) return writeDepthwise(linear, group, o);
  if (linear.single) return writeSingles(linear, group, o);
  if (ASC_FEATURE_RELAXED_SIMD && linear.quads) return writeQuads(linear, group, o);
  return isFloat() ? writeFloatGroup(linear, group, o) : writeGroup(linear, group, o);
}

/** A channel pair a program for int8, a channel for f32. */
function writeDepthwise(linear: Linear, group: Group, o: u32): i32 {
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += isFloat() ? 1 : 2) {
    const code = isFloat() ? writeProgram(linear, group, o, row, 1) : writeTaps(linear, group, o, row);
    if (code) return code;
  }
  return 0;
}

/** Chooses and writes the programs of outputs o..o+3. */
function writeGroup(linear: Linear, group: Group, o: u32): i32 {
  if (o + 2 < linear.outputs && preferQuad(group)) {
    store<u16>(linear.kinds + (o >> 1), Kind.QUAD * 0x101);
    return writeProgram(linear, group, o, 0, 4);
  }
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += 2) {
    countUnits(group, row);
    const together = COST_2X2 * joint <= COST_1X2 * separate;
    store<u8>(linear.kinds + ((o + row) >> 1), together ? Kind.JOINT : Kind.SEPARATE);
    const code = together ? writeProgram(linear, group, o, row, 2) : writeSeparate(linear, group, o, row);
    if (code) return code;
  }
  return 0;
}

/** Whether one program of four outputs costs no more than the best of two each. */
function preferQuad(group: Group): bool {
  let quad: u32 = 0;
  const units = group.rowBytes >> 1;
  for (let i: u32 = 0; i < units; i += 8) quad += popcnt(nonzero(group, 4, group.rows, i, units));
  let others: u32 = 0;
  for (let row: u32 = 0; row < 4; row += 2) {
    countUnits(group, row);
    others += min(COST_1X2 * separate, COST_2X2 * joint);
  }
  return COST_4X2 * quad <= others;
}

/** qs8_spmm_1x1, two outputs a program: as qs8_spmm_1x2, but entries { i32 offset[2] | i16 w[2] } of any two channels. */
function writeSingles(linear: Linear, group: Group, o: u32): i32 {
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += 2) {
    store<u8>(linear.kinds + ((o + row) >> 1), Kind.SEPARATE);
    const code = writeSeparate(linear, group, o, row);
    if (code) return code;
  }
  return 0;
}

/** Entries of one row; an odd last weight stands with one of 0. */
function writeChannels(linear: Linear, group: Group, row: u32): bool {
  const weights = group.rows + row * group.rowBytes;
  let entry: usize = 0;
  for (let t: usize = 0; t < linear.taps; ++t) {
    const tap = load<i32>(offsets + (t << 2));
    const line = weights + t * group.width;
    for (let c: u32 = 0; c < group.width; c += 16) {
      let found: u32 = i8x16.bitmask(i8x16.ne(v128.load(line + c), i8x16.splat(0)));
      if (group.width - c < 16) found &= (1 << (group.width - c)) - 1;
      for (; found; found &= found - 1) {
        const at = c + ctz(found);
        const offset = tap + i32(at) * step;
        const w = u16(load<i8>(line + at));
        if (entry) {
          store<i32>(entry, offset, 4);
          store<u16>(entry, w, 10);
          entry = 0;
        } else {
          entry = push(12);
          if (!entry) return false;
          store<i32>(entry, offset);
          store<i32>(entry, offset, 4);
          store<u32>(entry, w, 8);
        }
      }
    }
  }
  return true;
}

/** qs8_spmm_2x4, two outputs a program: as qs8_spmm_2x2, but entries { i32 offset | i8 w[2][4] }. */
function writeQuads(linear: Linear, group: Group, o: u32): i32 {
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += 2) {
    store<u8>(linear.kinds + ((o + row) >> 1), Kind.JOINT);
    const code = writeProgram(linear, group, o, row, 2);
    if (code) return code;
  }
  return 0;
}

/** f32: outputs two by two, joint where both share enough of their inputs. */
function writeFloatGroup(linear: Linear, group: Group, o: u32): i32 {
  for (let row: u32 = 0; row < 4 && o + row < linear.outputs; row += 2) {
    countUnits(group, row);
    const two = o + row + 1 < linear.outputs;
    const together = two && COST_2X1 * joint <= COST_1X1 * separate;
    store<u8>(linear.kinds + ((o + row) >> 1), together ? Kind.JOINT : Kind.SEPARATE);
    let code = writeProgram(linear, group, o, row, together ? 2 : 1);
    if (!code && two && !together) code = writeProgram(linear, group, o, row + 1, 1);
    if (code) return code;
  }
  return 0;
}

/** `i32 offset | rows x { i16 w[2] or f32 w }` where any of `rows` rows from `row` on is not zero; false where memory ends. */
function writeEntries(group: Group, row: u32, rows: u32): bool {
  const shift = shiftOf();
  // bytes of int8, and elements of f32
  const across = isFloat() ? group.width : group.width >> shift;
  const taps = group.rowBytes / (across << shift);
  const first = i32(isFloat() ? group.first : group.first >> 1) * step;
  const size = 4 + (rows << 2);
  for (let t: u32 = 0; t < taps; ++t) {
    const weights = group.rows + row * group.rowBytes + ((usize(t) * across) << shift);
    const start = load<i32>(offsets + (usize(t) << 2)) + first;
    for (let p: u32 = 0; p < across; p += 8) {
      let found = nonzero(group, rows, weights, p, across);
      if (!found) continue;
      let entry = push(u64(popcnt(found)) * size);
      if (!entry) return false;
      for (; found; found &= found - 1, entry += size) {
        const at = p + ctz(found);
        store<i32>(entry, start + i32(at) * step);
        let w = weights + (usize(at) << shift);
        for (let r: u32 = 0; r < rows; ++r, w += group.rowBytes) writeUnit(entry + (r << 2), w);
      }
    }
  }
  return true;
}

function writeUnit(entry: usize, w: usize): void {
  if (unitOf() != Unit.PAIR) store<u32>(entry, load<u32>(w), 4);
  else {
    store<i16>(entry, load<i8>(w), 4);
    store<i16>(entry, load<i8>(w, 1), 6);
  }
}

/** qs8_spmm_1x2, 1x1: i32 count[2] | i32 bias[2] | f32 m[2] | entries of the first, entries of the second. */
function writeSeparate(linear: Linear, group: Group, o: u32, row: u32): i32 {
  const head = push(24);
  if (!head) return Code.MEMORY;
  for (let r: u32 = 0; r < 2; ++r) {
    const code = fixChannel(linear, o + row + r, group.rows + (row + r) * group.rowBytes, group.rowBytes);
    if (code) return code;
    store<u32>(head + (r << 2), biasBits(), 8);
    store<f32>(head + (r << 2), factor(), 16);
    const start = mark();
    const written = linear.single ? writeChannels(linear, group, row + r) : writeEntries(group, row + r, 1);
    if (!written) return Code.MEMORY;
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
  if (!writeEntries(group, row, rows)) return Code.MEMORY;
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
  if (!head) return Code.MEMORY;
  for (let r: u32 = 0; r < 2; ++r) {
    const code = fixChannel(linear, o + first + r, row + r * linear.taps, linear.taps);
    if (code) return code;
    store<u32>(head + (r << 2), biasBits(), 4);
    store<f32>(head + (r << 2), factor(), 12);
  }
  const start = mark();
  const columns = window.x.taps;
  for (let z = 0; 2 * z < window.y.stride + window.y.taps; ++z) {
    for (let kx = 0; kx < columns; ++kx) {
      const entry = push(20);
      if (!entry) return Code.MEMORY;
      let any: u32 = 0;
      for (let i = 0; i < 8; ++i) {
        const ky = 2 * z + (i & 1) - (i >> 2) * window.y.stride;
        const inside = ky >= 0 && ky < window.y.taps;
        const w: u32 = inside ? load<i8>(row + ((i >> 1) & 1) * linear.taps + ky * columns + kx) : 0;
        store<u16>(entry + (i << 1), w, 4);
        any |= w;
      }
      store<i32>(entry, load<i32>(offsets + (kx << 2)) + ((z * window.stride) << 3));
      if (!any) release(entry);
    }
  }
  store<u32>(head, u32(mark() - start) / 20);
  return 0;
}
