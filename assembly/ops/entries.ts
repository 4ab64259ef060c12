/**
 * Entries of programs: units of weights (kernels/scan.ts) that are not zero in any of the rows that share them. Each byte of a row is looked at
 * once, for a bitmap; what is asked of the row after that is asked of bits.
 */
import { alloc, push, release } from '../heap';
import { Unit, x_nonzero } from '../kernels/index';
import { Group, Linear } from './linear';

/** For each tap where its first unit lies, in what an entry counts, or -1 where no entry is to name it; and from input unit to input unit. */
let places: usize = 0;
let step: i32 = 0;
let unit: Unit = Unit.PAIR;

/** The bitmaps of four rows: `words` u64 a tap, `bytes` a row. */
let bitmaps: usize = 0;
let taps: u32 = 0;
let words: u32 = 0;
let bytes: usize = 0;

/** Units of the weights in hand: core builds have no floats, only relaxed ones quads. */
function unitOf(): Unit {
  return LOPPER_FULL || ASC_FEATURE_RELAXED_SIMD ? unit : Unit.PAIR;
}

export function isFloat(): bool {
  return LOPPER_FULL && unit == Unit.FLOAT;
}

/** log2 of a unit's bytes in expanded rows. */
function shiftOf(): u32 {
  return unitOf() == Unit.PAIR ? 1 : 2;
}

/** Units of a tap whose rows hold `width` elements. */
function unitsOf(width: u32): u32 {
  return isFloat() ? width : width >> shiftOf();
}

/** `taps`: an i32 a tap, the place of its first unit; from input unit to input unit a place is `unitStep` more. */
export function openPrograms(taps: usize, unitStep: i32, units: Unit): void {
  places = taps;
  step = unitStep;
  unit = units;
}

export function placeOf(tap: usize): i32 {
  return load<i32>(places + (tap << 2));
}

/** Room for bitmaps of rows of `count` taps of `width` elements, and of spread rows, which have up to 6; false where memory does not suffice. */
export function openBitmaps(count: u32, width: u32): bool {
  taps = count;
  words = (unitsOf(max(2, width)) + 63) >> 6;
  bytes = usize(taps * words) << 3;
  bitmaps = alloc(u64(bytes) << 2);
  return bitmaps != 0;
}

/** Notes in a bitmap each which units of the group's four rows are not zero. */
export function noteUnits(group: Group): void {
  const units = unitsOf(group.width);
  let y = bitmaps;
  for (let row: u32 = 0; row < 4; ++row) {
    let x = group.rows + row * group.rowBytes;
    for (let t: u32 = 0; t < taps; ++t, x += usize(units) << shiftOf(), y += usize(words) << 3) {
      if (placeOf(t) != -1) x_nonzero(units, x, y, unitOf());
    }
  }
}

/** How many units any of `rows` bitmaps from `row` on has. */
export function countUnits(row: u32, rows: u32): u32 {
  let count: u32 = 0;
  for (let at = bitmaps + row * bytes, end = at + bytes; at < end; at += 8) {
    count += u32(popcnt(unite(at, rows)));
  }
  return count;
}

/** 64 bits at `at` of a bitmap, and of as many of the next ones that they are `rows`. */
function unite(at: usize, rows: u32): u64 {
  let found = load<u64>(at);
  for (; --rows;) found |= load<u64>((at += bytes));
  return found;
}

/**
 * `place | rows x { i16 w[2] or f32 w }` for each unit of rows row..row+rows-1, pushed; of one row of a kernel that reads single channels
 * `place[2] | i16 w[2]` of any two, an odd last weight beside one of 0. False where memory ends.
 */
export function pushEntries(linear: Linear, group: Group, row: u32, rows: u32): bool {
  const size: u32 = linear.single ? SINGLE : 4 + (rows << 2);
  const entry = push(u64(countUnits(row, rows)) * size);
  if (!entry) return false;
  half = false;
  const end = writeEntries(group, row, rows, entry, entry + 4, size);
  release(half ? end + 8 : end);
  return true;
}

/** Instead of bytes from entry to entry: entries of vectors, whose places follow one another, as do weights; and of single channels. */
export const VECTOR: u32 = 0;
const SINGLE: u32 = 13;

/**
 * Writes the place of each unit of rows row..row+rows-1 to `y`, and its weights to `z`; `size` bytes further on are the next ones of both.
 * Returns where the next place would stand.
 */
export function writeEntries(group: Group, row: u32, rows: u32, y: usize, z: usize, size: u32): usize {
  const shift = shiftOf();
  const units = unitsOf(group.width);
  const first = i32(isFloat() ? group.first : group.first >> 1) * step;
  const each = size == SINGLE ? step << 1 : step;
  let x = group.rows + row * group.rowBytes;
  let at = bitmaps + row * bytes;
  for (let t: u32 = 0; t < taps; ++t, x += usize(units) << shift) {
    const start = placeOf(t) + first;
    for (let p: u32 = 0; p < units; p += 64, at += 8) {
      for (let found = unite(at, rows); found; found &= found - 1) {
        const i = p + u32(ctz(found));
        const place = start + i32(i) * each;
        let w = x + (usize(i) << shift);
        if (size == SINGLE) y = writeSingles(place, w, y);
        else if (size == VECTOR) {
          writeVector(place, w, group.rowBytes, y, z);
          y += vectorStep();
          z += vectorStep() << 2;
        } else {
          store<i32>(y, place);
          // no call for each: this is what most of a load's time goes to
          for (const end = y + size; z < end; z += 4, w += group.rowBytes) {
            if (unitOf() == Unit.PAIR) v128.store32_lane(z, v128.load8x8_s(w), 0);
            else store<u32>(z, load<u32>(w));
          }
          y += size;
          z += 4;
        }
      }
    }
  }
  return y;
}

/** Bytes of a vector's place. */
function vectorStep(): usize {
  return isFloat() ? 4 : 2;
}

function writeVector(place: i32, w: usize, rowBytes: usize, y: usize, z: usize): void {
  if (isFloat()) store<i32>(y, place);
  else store<u16>(y, place);
  for (let r: usize = 0; r < 4; ++r, w += rowBytes) {
    if (isFloat()) store<u32>(z + (r << 2), load<u32>(w));
    else store<u16>(z + (r << 1), load<u16>(w));
  }
}

/** The entry at y - 4 has room for a second channel. */
let half: bool = false;

function writeSingles(place: i32, w: usize, y: usize): usize {
  for (const end = w + 2; w < end; ++w, place += step) {
    const weight = load<i8>(w);
    if (!weight) continue;
    store<i32>(y, place);
    if (half) store<u16>(y, weight, 6);
    else {
      store<i32>(y, place, 4);
      store<u32>(y, u16(weight), 8);
    }
    y += half ? 8 : 4;
    half = !half;
  }
  return y;
}
