/**
 * The range decoder of src/format/FORMAT.md, "Range coding": same names and same integers as range-coder.ts,
 * adaptive.ts, mask-model.ts and value-model.ts in src/format. Pointers and sizes only; nothing is read past the
 * stream's end (zeros stand there), nothing traps, and a stream that does not end exactly gives false.
 */

import { scratch } from './scratch';

/** The interval and the number in it that the stream stands for. */
let low: u32 = 0;
let high: u32 = 0;
let code: u32 = 0;
/** Next byte, the stream's end, and how many bytes past it were asked for. */
let next: usize = 0;
let end: usize = 0;
let beyond: u32 = 0;

function readByte(): void {
  code <<= 8;
  if (next < end) code |= load<u8>(next++);
  else ++beyond;
}

function open(src: usize, bytes: u32): void {
  low = 0;
  high = 0xffffffff;
  next = src;
  end = src + bytes;
  beyond = 0;
  for (let i = 0; i < 4; ++i) readByte();
}

/** The interval narrows by four bytes less than were read; one more was written unless zeros already lie in it. */
function endedExactly(): bool {
  return next == end && beyond == (low == 0 ? 4 : 3);
}

/** One bit; `p1` is the probability of a 1 in 65536ths. */
function decodeBit(p1: u32): u32 {
  const range = high - low;
  const middle = low + (range >> 16) * p1 + (((range & 0xffff) * p1) >> 16);
  const bit = u32(code <= middle);
  if (bit) high = middle;
  else low = middle + 1;
  while ((low ^ high) >> 24 == 0) {
    low <<= 8;
    high = (high << 8) | 0xff;
    readByte();
  }
  return bit;
}

/** 65536 / (n + 1.5), and the inverse of `squash` by the upper 12 bits: filled at first use. */
const reciprocals: usize = memory.data(1024 * 4, 4);
const stretches: usize = memory.data(4096 * 2, 2);
/** 65536 / (1 + e^(-x/2)) for x = -16..16, rounded. */
const squashes: usize = memory.data<u16>([
  22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768, 40793, 47911,
  53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514,
]);

function squash(x: i32): u32 {
  const at = squashes + (((x >> 7) + 16) << 1);
  const part = x & 127;
  return (load<u16>(at) * (128 - part) + load<u16>(at, 2) * part) >> 7;
}

function fillTables(): void {
  if (load<u32>(reciprocals)) return;
  for (let n: u32 = 0; n < 1024; ++n) store<u32>(reciprocals + (n << 2), 131072 / (2 * n + 3));
  let p: u32 = 0;
  for (let x = -2047; x <= 2047; ++x) {
    for (const last = squash(x) >> 4; p <= last; ++p) store<i16>(stretches + (p << 1), i16(x));
  }
  store<i16>(stretches, 2047, 4095 * 2);
}

/** Adaptive probabilities: 22 bits probability of a 1, 10 bits count. */
function fillEven(states: usize, count: usize): void {
  for (let i: usize = 0; i < count; ++i) store<u32>(states + (i << 2), 0x80000000);
}

function adapt(state: usize, bit: u32, limit: u32): void {
  const s = load<u32>(state);
  const n = s & 1023;
  const p = i32(s >> 10);
  const error = i64(i32(bit << 22) - p);
  const moved = p + i32((error * load<u32>(reciprocals + (n << 2))) >> 16);
  store<u32>(state, (moved << 10) | (n < limit ? n + 1 : n));
}

const VALUE_LIMIT: u32 = 255;
const VALUE_LEAST: u32 = 256;
/** Room for four trees of 256, or for the 546 contexts of integers. */
const valueStates = scratch;
const SIGN: u32 = 0;
const LENGTH: u32 = 1;
const MANTISSA: u32 = 34;
const MODELLED_BITS: u32 = 4;
const EVEN: u32 = 32768;

function openValues(src: usize, bytes: u32, contexts: u32): void {
  fillTables();
  fillEven(valueStates, contexts);
  open(src, bytes);
}

function decodeIn(context: u32): u32 {
  const state = valueStates + (context << 2);
  const bit = decodeBit(max(VALUE_LEAST, min(65536 - VALUE_LEAST, load<u32>(state) >> 16)));
  adapt(state, bit, VALUE_LIMIT);
  return bit;
}

/** `count` symbols of `bits` (0..8) bits, `sets` (1, 2 or 4) trees in turn, one byte each at `dst`. */
export function decodeSymbols(src: usize, bytes: u32, bits: u32, sets: u32, count: u32, dst: usize): bool {
  openValues(src, bytes, sets << bits);
  for (let i: u32 = 0; i < count && beyond <= 4; ++i) {
    const tree = (i % sets) << bits;
    let node: u32 = 1;
    for (let bit: u32 = 0; bit < bits; ++bit) node = (node << 1) | decodeIn(tree + node);
    store<u8>(dst + i, node & ((1 << bits) - 1));
  }
  return endedExactly();
}

/** `count` signed integers of `width` bits, 8 (i8 at `dst`) or 32 (i32). False too where one does not fit. */
export function decodeIntegers(src: usize, bytes: u32, width: u32, count: u32, dst: usize): bool {
  openValues(src, bytes, MANTISSA + 32 * 16);
  const most: u32 = (1 << (width - 1)) - 1;
  for (let i: u32 = 0; i < count && beyond <= 4; ++i) {
    const magnitude = decodeMagnitude(width);
    const negative = magnitude ? decodeIn(SIGN) : 0;
    if (magnitude > most + negative) return false;
    const value = negative ? -i32(magnitude) : i32(magnitude);
    if (width == 8) store<i8>(dst + i, i8(value));
    else store<i32>(dst + (usize(i) << 2), value);
  }
  return endedExactly();
}

function decodeMagnitude(width: u32): u32 {
  let length: u32 = 0;
  while (length < width && decodeIn(LENGTH + length)) ++length;
  if (length == 0) return 0;
  const tree = MANTISSA + 16 * (length - 1);
  let value: u32 = 1;
  for (let bit: u32 = 1; bit < length; ++bit) {
    value = (value << 1) | (bit <= MODELLED_BITS ? decodeIn(tree + value) : decodeBit(EVEN));
  }
  return value;
}

const MASK_LIMIT: u32 = 1023;
const MASK_LEAST: u32 = 32;
const INPUTS: usize = 5;
const AROUND: u32 = 1;
const NEAR: u32 = 257;
const ROW: u32 = 273;
const COLUMN: u32 = 289;
/** Of each prediction: its state's address, its stretched probability, its weight. */
const inputs: usize = memory.data(12 * 5, 4);

/** Bytes of scratch, 4-aligned, that `decodeMask` needs. */
export function maskScratch(columns: u32): u64 {
  return (u64(COLUMN) + columns) * 4 + (u64(columns) + 2) * 2;
}

/** About 2 log2(1 + x) up to 15: two steps an octave. */
function magnitude(x: u32): u32 {
  if (x < 2) return 2 * x;
  const octave = 31 - clz(x);
  return min(15, 2 * octave + ((x >> (octave - 1)) & 1) + 1);
}

/** One bit a block at `dst` (least significant first; zeroed by the caller), `rows * columns` below 2^31. */
export function decodeMask(
  src: usize,
  bytes: u32,
  rows: u32,
  columns: u32,
  dst: usize,
  scratch: usize,
): bool {
  fillTables();
  fillEven(scratch, COLUMN + columns);
  const counts = scratch + ((usize(COLUMN) + columns) << 2);
  memory.fill(counts, 0, (usize(columns) + 2) << 1);
  for (let i: usize = 0; i < INPUTS; ++i) store<i32>(inputs + i * 12, 13107, 8);
  open(src, bytes);
  for (let row: u32 = 0, block: u32 = 0; row < rows && beyond <= 4; ++row) {
    const rowsSeen = scratch + ((AROUND + 16 * magnitude(row)) << 2);
    let density: u32 = 0;
    let left: u32 = 0;
    let above: u32 = row ? bitAt(dst, block - columns) << 2 : 0;
    for (let column: u32 = 0; column < columns && beyond <= 4; ++column, ++block) {
      above >>= 1;
      if (row && column + 1 < columns) above |= bitAt(dst, block - columns + 1) << 2;
      const count = counts + (usize(column) << 1);
      const kept = u32(load<u16>(count)) + load<u16>(count, 2) + load<u16>(count, 4);
      store<u32>(inputs, scratch);
      store<u32>(inputs, scratch + ((COLUMN + column) << 2), 12);
      store<u32>(inputs, rowsSeen + (magnitude(kept) << 2), 24);
      store<u32>(inputs, scratch + ((NEAR + (left | (above << 1))) << 2), 36);
      store<u32>(inputs, scratch + ((ROW + magnitude(density >> 8)) << 2), 48);
      left = decodeMixed();
      if (left) {
        store<u8>(dst + (block >> 3), u8(load<u8>(dst + (block >> 3)) | (1 << u8(block & 7))));
        if (load<u16>(count, 2) < 0xffff) store<u16>(count, load<u16>(count, 2) + 1, 2);
      }
      density += (left << 8) - (density >> 5);
    }
  }
  return endedExactly();
}

function bitAt(bitmap: usize, index: u32): u32 {
  return (load<u8>(bitmap + (index >> 3)) >> (index & 7)) & 1;
}

/** One bit by the five mixed predictions, all of which then learn it. */
function decodeMixed(): u32 {
  let sum: i32 = 0;
  for (let input = inputs; input < inputs + INPUTS * 12; input += 12) {
    const stretched: i32 = load<i16>(stretches + ((load<u32>(load<u32>(input)) >> 20) << 1));
    store<i32>(input, stretched, 4);
    sum += stretched * load<i32>(input, 8);
  }
  const p1 = max(MASK_LEAST, min(65536 - MASK_LEAST, squash(max(-2047, min(2047, sum >> 16)))));
  const bit = decodeBit(p1);
  const error = i32(bit << 16) - i32(p1);
  for (let input = inputs; input < inputs + INPUTS * 12; input += 12) {
    const moved = (error * load<i32>(input, 4) + 32768) >> 16;
    store<i32>(input, load<i32>(input, 8) + moved, 8);
    adapt(load<u32>(input), bit, MASK_LIMIT);
  }
  return bit;
}
