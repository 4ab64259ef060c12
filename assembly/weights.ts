/** Unpacks a stored weight (src/format/FORMAT.md, Weights) into its kept blocks, and those into dense rows, a band at a time. */
import { atMost, Code, expect, fail } from './error';
import { alloc, mark, settle } from './heap';
import { qs8_count } from './kernels/index';
import { bytesOf, Weight } from './model';
import { decodeMask, maskScratch } from './range';
import { decodeValues } from './values';

const enum Positions {
  ALL,
  BITMAP,
  GAPS,
  MODELLED,
}

/** u32 numbers of the kept blocks, ascending; 0 where all are kept. */
let kept: usize = 0;
/** Their elements, i8 or 4 bytes each. */
let elements: usize = 0;
let elementCount: u32 = 0;
/** The next block and element that `expand` reads, and the block past the line that it read last. */
let nextBlock: u32 = 0;
let nextLine: u32 = 0;
let nextElement: usize = 0;

/** Number of the i-th kept block. */
function keptBlock(i: u32): u32 {
  return kept ? load<u32>(kept + (usize(i) << 2)) : i;
}

/** How many elements of the weight decoded last are not zero. */
export function countKept(weight: Weight): u32 {
  if (bytesOf(weight) == 1) return qs8_count(elementCount, elements);
  let count: u32 = 0;
  for (let i: usize = 0; i < elementCount; ++i) count += u32(load<u32>(elements + (i << 2)) << 1 != 0);
  return count;
}

function blockColumns(weight: Weight): u32 {
  return (weight.inputs + weight.blockInputs - 1) / weight.blockInputs;
}

/** Decodes positions and values; `expand` then gives rows. 0 or an error code. */
export function decode(weight: Weight): i32 {
  nextBlock = nextLine = kept = 0;
  const code = decodePositions(weight);
  if (code) return code;
  elementCount = countElements(weight);
  elements = alloc(u64(elementCount) * bytesOf(weight));
  if (!elements) return Code.MEMORY;
  nextElement = elements;
  return decodeValues(weight, elementCount, elements);
}

function decodePositions(weight: Weight): i32 {
  const modelled = weight.positions == Positions.MODELLED;
  if (atMost(Code.ENCODING, Positions.MODELLED, weight.positions)) return Code.ENCODING;
  if (weight.coding > 3 || bool(weight.coding & 1) != modelled)
    return fail(Code.ENCODING, u32(modelled), weight.coding);
  if (weight.positions == Positions.ALL) {
    if (expect(Code.POSITIONS, weight.blocks, weight.kept)) return Code.POSITIONS;
    return expect(Code.POSITIONS, 0, weight.positionBytes);
  }
  kept = alloc(u64(weight.kept) << 2);
  if (!kept) return Code.MEMORY;
  if (weight.positions == Positions.GAPS) return decodeGaps(weight);
  const bytes = (u64(weight.blocks) + 7) >> 3;
  if (modelled) return decodeModelled(weight, bytes);
  if (expect(Code.POSITIONS, u32(bytes), weight.positionBytes)) return Code.POSITIONS;
  return readBitmap(weight, weight.data, u32(bytes));
}

/** A range coded bitmap, a row of blocks for each block of outputs. */
function decodeModelled(weight: Weight, bytes: u64): i32 {
  const columns = weight.kernelRows * weight.kernelColumns * blockColumns(weight);
  const bitmap = alloc(bytes);
  const scratch = alloc(maskScratch(columns));
  if (!bitmap || !scratch) return Code.MEMORY;
  if (!decodeMask(weight.data, weight.positionBytes, weight.blocks / columns, columns, bitmap, scratch)) {
    return fail(Code.POSITIONS, weight.positionBytes, -1);
  }
  return readBitmap(weight, bitmap, u32(bytes));
}

/** Lists the bits that are set, of `bytes` bytes at `bitmap`. */
function readBitmap(weight: Weight, bitmap: usize, bytes: u32): i32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < bytes; ++i) {
    for (let bits: u32 = load<u8>(bitmap + i); bits; bits &= bits - 1) {
      const block = (i << 3) + ctz(bits);
      if (count == weight.kept || block >= weight.blocks)
        return fail(Code.POSITIONS, weight.kept, u32(block));
      store<u32>(kept + (usize(count++) << 2), block);
    }
  }
  return expect(Code.POSITIONS, weight.kept, count);
}

function decodeGaps(weight: Weight): i32 {
  const end = weight.data + weight.positionBytes;
  let ptr = weight.data;
  let block: u64 = 0;
  for (let i: u32 = 0; i < weight.kept; ++i) {
    let byte: u32 = 255;
    while (byte == 255) {
      if (ptr == end) return fail(Code.POSITIONS, weight.kept, i);
      byte = load<u8>(ptr++);
      block += byte;
    }
    if (block >= weight.blocks) return fail(Code.POSITIONS, weight.blocks, u32(block));
    store<u32>(kept + (usize(i) << 2), u32(block++));
  }
  return expect(Code.POSITIONS, 0, u32(end - ptr));
}

function countElements(weight: Weight): u32 {
  if (!kept) return elementsOf(weight);
  if (weight.outputs % weight.blockOutputs == 0 && weight.inputs % weight.blockInputs == 0)
    return weight.kept * weight.blockOutputs * weight.blockInputs;
  let count: u32 = 0;
  for (let i: u32 = 0; i < weight.kept; ++i) {
    const block = keptBlock(i);
    count += rowsOf(weight, firstRow(weight, block)) * columnsOf(weight, firstColumn(weight, block));
  }
  return count;
}

/** First output and first input of a block, and how many it holds: fewer at the edges. */
function firstRow(weight: Weight, block: u32): u32 {
  return (block / (weight.kernelRows * weight.kernelColumns * blockColumns(weight))) * weight.blockOutputs;
}

function rowsOf(weight: Weight, row: u32): u32 {
  return min(weight.blockOutputs, weight.outputs - row);
}

function firstColumn(weight: Weight, block: u32): u32 {
  return (block % blockColumns(weight)) * weight.blockInputs;
}

function columnsOf(weight: Weight, column: u32): u32 {
  return min(weight.blockInputs, weight.inputs - column);
}

/**
 * Rows `first..first+rows-1` of the decoded weight to `y`, `[rows][taps][width]`, zero where pruned or beyond `inputs`. Bands are asked
 * for in order, each a multiple of the block's outputs.
 */
export function expand(weight: Weight, first: u32, rows: u32, width: u32, y: usize): void {
  const size = bytesOf(weight);
  const taps = weight.kernelRows * weight.kernelColumns;
  const tapBytes = width * size;
  const rowBytes = taps * tapBytes;
  memory.fill(y, 0, rows * rowBytes);
  // rows that lie as they are stored, as a depthwise kernel's, of which each tap is a line
  if (!kept && weight.blockOutputs == 1 && width == weight.inputs) {
    const bytes = min(rows, weight.outputs - first) * rowBytes;
    memory.copy(y, nextElement, bytes);
    nextElement += bytes;
    return;
  }
  // a line of blocks: one tap of a row of them; no division for each block
  for (let row: u32 = 0; row < rows && first + row < weight.outputs; row += weight.blockOutputs) {
    for (let tap: u32 = 0; tap < taps; ++tap) {
      const line = nextLine;
      nextLine += blockColumns(weight);
      const target = y + row * rowBytes + tap * tapBytes;
      expandLine(weight, line, nextLine, rowsOf(weight, first + row), rowBytes, target);
    }
  }
}

/** Blocks `line..end-1`, of `height` rows. */
function expandLine(weight: Weight, line: u32, end: u32, height: u32, rowBytes: usize, y: usize): void {
  const size = bytesOf(weight);
  const across = weight.blockInputs * size;
  const width = weight.inputs * size;
  // locals: engines run this once, before they optimize it, and keep no globals in registers
  let next = nextBlock;
  let source = nextElement;
  for (const count = weight.kept; next < count; ++next) {
    const block = kept ? load<u32>(kept + (usize(next) << 2)) : next;
    if (block >= end) break;
    const column = (block - line) * across;
    const bytes = min(across, width - column);
    let target = y + column;
    for (let r = height; r > 0; --r, source += bytes, target += rowBytes) {
      if (bytes == 2) store<u16>(target, load<u16>(source));
      else for (let b: u32 = 0; b < bytes; ++b) store<u8>(target + b, load<u8>(source + b));
    }
  }
  nextBlock = next;
  nextElement = source;
}

export function elementsOf(weight: Weight): u32 {
  return weight.outputs * weight.kernelRows * weight.kernelColumns * weight.inputs;
}

/** `unpack` for as long as the model is loaded: nothing else that it took is kept. */
export function unpackKept(weight: Weight): usize {
  const before = mark();
  const y = unpack(weight);
  return y ? settle(before, y) : 0;
}

/** The whole weight, dense and row-major; 0 where it is broken or memory does not suffice. */
export function unpack(weight: Weight): usize {
  if (decode(weight)) return 0;
  const rows = ((weight.outputs + weight.blockOutputs - 1) / weight.blockOutputs) * weight.blockOutputs;
  const row = u64(weight.kernelRows) * weight.kernelColumns * weight.inputs;
  const y = alloc(rows * row * bytesOf(weight));
  if (y) expand(weight, 0, rows, weight.inputs, y);
  return y;
}
