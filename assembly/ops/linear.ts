/** What conv2d, depthwise_conv2d and dense share: their weights, requantization, and rows of weights as a kernel wants them. */
import { Code, expect, fail, failReal } from '../error';
import { alloc } from '../heap';
import { qs8_sums } from '../kernels/index';
import { DType, Node, Tensor, Weight } from '../model';
import { decode, expand, countKept, unpack } from '../weights';
import { openBitmaps } from './entries';
import {
  Activation,
  checkBuild,
  checkDType,
  checkSize,
  foundActivation,
  isNatural,
  readActivation,
  weightOf,
} from './node';
import { Window } from './window';

@unmanaged
export class Linear {
  kernel: Weight;
  /** A Weight each, or 0. */
  bias: usize;
  scale: usize;
  /** null for dense. */
  window: Window | null;
  activation: Activation;
  outputs: u32;
  taps: u32;
  /** Input channels that the matrix sees; those of the input, also where a depthwise kernel has one. */
  inputs: u32;
  /** Elements of a row of weights at one tap; int8 rows of a full matrix hold whole pairs. */
  width: u32;
  /** Outputs an input channel of a depthwise kernel; 0 for a full kernel. */
  multiplier: u32;
  /** A depthwise kernel whose rows are to be spread to those of a full matrix. */
  spread: bool;
  /** An int8 depthwise kernel that reads zipped rows. */
  zipped: bool;
  /** Threads take outputs, not pixels. */
  byOutputs: bool;
  /** A full int8 kernel that reads quads: the relaxed build's. */
  quads: bool;
  /** A full int8 kernel without structure, which reads single channels. */
  single: bool;
  /** The kernels' program, and a byte for each two outputs (eight of a vector) that says which kernel reads it. */
  program: usize;
  kinds: usize;
  /** A kernel reads the vector's pairs as i16. */
  widened: bool;
  /** Of a vector: one column an input, as gemv-columns.ts writes them. */
  columns: bool;
  /** Builds with threads: bytes from the program's start to that of each four outputs, u32 each. */
  starts: usize;
}

/** Reads weights and activation, and proves their shapes and types. Null, with the error recorded, where they are wrong. */
export function readLinear(node: Node, x: Tensor, y: Tensor): Linear | null {
  if (checkBuild(x)) return null;
  const linear = changetype<Linear>(alloc(offsetof<Linear>()));
  if (!changetype<usize>(linear)) return null;
  node.params = changetype<usize>(linear);
  const kernel = weightOf(node, 'kernel');
  if (!kernel) {
    fail(Code.ROLE, 1, 0);
    return null;
  }
  linear.kernel = kernel;
  linear.outputs = kernel.outputs;
  linear.inputs = x.channels;
  linear.taps = kernel.kernelRows * kernel.kernelColumns;
  linear.width = x.dtype == DType.I8 ? (kernel.inputs + 1) & ~1 : kernel.inputs;
  if (kernel.dtype != x.dtype) {
    fail(Code.DTYPE, x.dtype, kernel.dtype);
    return null;
  }
  const pairs = x.dtype == DType.I8;
  linear.bias = changetype<usize>(weightOf(node, 'bias'));
  if (linear.bias && checkVector(linear.bias, pairs ? DType.I32 : DType.F32, kernel.outputs)) return null;
  if (pairs) {
    linear.scale = changetype<usize>(weightOf(node, 'scale'));
    if (!linear.scale) {
      fail(Code.ROLE, 1, 0);
      return null;
    }
    const each = changetype<Weight>(linear.scale).outputs == 1 ? 1 : kernel.outputs;
    if (checkVector(linear.scale, DType.F32, each)) return null;
  }
  if (readActivation(node)) return null;
  linear.activation = foundActivation();
  y.natural = isNatural(linear.activation, y);
  if (ASC_FEATURE_THREADS) {
    linear.starts = alloc(u64(groupsOf(linear)) << 2);
    if (!linear.starts) return null;
  }
  return linear;
}

/** Groups of four outputs: the items of a loop over outputs, for threads. */
export function groupsOf(linear: Linear): u32 {
  return (linear.outputs + 3) >> 2;
}

/** Notes that the program of outputs `o..o+3` starts `offset` bytes after the first one. */
export function noteProgram(linear: Linear, o: u32, offset: usize): void {
  if (ASC_FEATURE_THREADS) store<u32>(linear.starts + o, u32(offset));
}

/** The program of that group of outputs; builds without threads have but one loop, from the first on. */
export function programOf(linear: Linear, group: u32): usize {
  return linear.program + (ASC_FEATURE_THREADS ? load<u32>(linear.starts + (usize(group) << 2)) : 0);
}

function checkVector(weight: usize, dtype: DType, size: u32): i32 {
  const vector = changetype<Weight>(weight);
  if (expect(Code.DTYPE, dtype, vector.dtype)) return Code.DTYPE;
  if (expect(Code.RANK, 1, vector.rank)) return Code.RANK;
  return checkSize(size, vector.outputs);
}

/** One output's constants, left by `channel`. */
let channelBias: u32 = 0;
let channelScale: f32 = 0;
/** Unpacked weights, 0 where there are none. */
let biases: usize = 0;
let scales: usize = 0;
let quantized: bool = false;
let floatOutput: bool = false;
let inputScale: f32 = 0;
let inputZero: i64 = 0;
let outputScale: f32 = 0;

/** The constants of the output that `channel` saw last: i32 or f32 bits, and the factor of requantization. */
export function biasBits(): u32 {
  return channelBias;
}

export function factor(): f32 {
  return channelScale;
}

/** Unpacks bias and scale for `channel`, and decodes the kernel for `expandRows`; counts for `describe`. */
export function openLinear(node: Node, linear: Linear, x: Tensor, y: Tensor): i32 {
  biases = scales = 0;
  if (linear.bias) {
    biases = unpack(changetype<Weight>(linear.bias));
    if (!biases) return Code.MEMORY;
  }
  if (linear.scale) {
    scales = unpack(changetype<Weight>(linear.scale));
    if (!scales) return Code.MEMORY;
  }
  quantized = x.dtype == DType.I8;
  floatOutput = y.dtype == DType.F32;
  inputScale = x.scale;
  inputZero = x.zero;
  outputScale = y.scale;
  const kernel = linear.kernel;
  const code = decode(kernel);
  if (code) return code;
  node.keptWeights = countKept(kernel);
  node.allWeights = kernel.outputs * linear.taps * kernel.inputs;
  node.multiplyAdds = f64(node.keptWeights) * y.rows * y.columns;
  return 0;
}

/** Fixes the constants of output `o`, whose int8 weights have this sum and sum of magnitudes (FORMAT.md, Arithmetic). */
export function channel(linear: Linear, o: u32, sum: i64, magnitude: i64): i32 {
  channelBias = 0;
  channelScale = 0;
  if (o >= linear.outputs) return 0;
  const bias = biases ? load<u32>(biases + (usize(o) << 2)) : 0;
  channelBias = bias;
  if (!quantized) return 0;
  const most = abs(i64(i32(bias))) + magnitude * 255;
  if (most >= 1 << 31) return failReal(Code.OVERFLOW, 2147483648, f64(most));
  const one = changetype<Weight>(linear.scale).outputs == 1;
  const scale = load<f32>(scales + (one ? 0 : usize(o) << 2));
  if (!(scale >= 0)) return failReal(Code.QUANTIZATION, 0, scale);
  const real = inputScale * scale;
  channelScale = floatOutput ? real : real / outputScale;
  if (!(channelScale < Infinity)) return failReal(Code.NOT_FINITE, 0, channelScale);
  const bound = f64(most) * f64(channelScale);
  if (!floatOutput && !(bound < 4194304)) return failReal(Code.OVERFLOW, 4194304, bound);
  channelBias = u32(bias - u32(inputZero * sum));
  return 0;
}

/** Rows of a band: whole blocks, and whole groups of eight outputs. */
function bandRows(kernel: Weight): u32 {
  let rows = kernel.blockOutputs;
  while (rows & 7) rows <<= 1;
  return rows;
}

/** Four consecutive rows of the matrix (eight where the first is a multiple of eight), dense: `[4][taps][width]` at `rows`, input channels `first..first+width-1`. */
@unmanaged
export class Group {
  rows: usize;
  first: u32;
  width: u32;
  /** Bytes of a row. */
  rowBytes: u32;
  band: usize;
  bandRows: u32;
  spread: usize;
}

/** A band to expand rows into. Null, with the error recorded, where memory does not suffice. */
export function openGroup(linear: Linear): Group | null {
  const group = changetype<Group>(alloc(offsetof<Group>()));
  if (!changetype<usize>(group)) return null;
  const size: u32 = quantized ? 1 : 4;
  group.bandRows = bandRows(linear.kernel);
  group.width = linear.width;
  group.rowBytes = linear.taps * linear.width * size;
  group.band = alloc(u64(group.bandRows) * linear.taps * linear.width * size);
  if (!group.band || !openBitmaps(linear.taps, linear.width)) return null;
  // Four rows of a depthwise kernel read at most four channels, which lie in at most three pairs.
  if (!LOPPER_FULL || !linear.spread) return group;
  group.spread = alloc(u64(linear.taps) * 4 * 6);
  return group.spread ? group : null;
}

/** Moves on to the rows of outputs `o..o+3`; rows past the last output are zero. */
export function nextGroup(group: Group, linear: Linear, o: u32): void {
  const row = o % group.bandRows;
  if (row == 0) expand(linear.kernel, o, group.bandRows, linear.width, group.band);
  if (LOPPER_FULL && linear.spread) spreadGroup(group, linear, o, row);
  else group.rows = group.band + row * group.rowBytes;
}

/** `channel` for the int8 or f32 row at `row`, all of whose taps are summed. */
export function fixChannel(linear: Linear, o: u32, row: usize, rowBytes: u32): i32 {
  const sums: i64 = quantized ? qs8_sums(rowBytes, row) : 0;
  return channel(linear, o, i32(sums), sums >> 32);
}

/** Depthwise rows as rows of a full matrix that is zero but for one channel: output o reads channel o / multiplier. */
function spreadGroup(group: Group, linear: Linear, o: u32, row: u32): void {
  const last = min(o + 3, linear.outputs - 1) / linear.multiplier;
  group.first = (o / linear.multiplier) & ~1;
  group.width = (last - group.first + 2) & ~1;
  group.rowBytes = linear.taps * group.width;
  group.rows = group.spread;
  memory.fill(group.spread, 0, group.rowBytes << 2);
  for (let r: u32 = 0; r < 4 && o + r < linear.outputs; ++r) {
    const source = group.band + usize(row + r) * linear.taps;
    const target = group.rows + r * group.rowBytes + ((o + r) / linear.multiplier - group.first);
    for (let t: u32 = 0; t < linear.taps; ++t) store<u8>(target + t * group.width, load<u8>(source + t));
  }
}

/** f32 constants of what `checkDType` allows: the output's type, or f32 scores of an int8 dense layer. */
export function checkLinearTypes(x: Tensor, y: Tensor, scores: bool): i32 {
  return x.dtype == DType.I8 && scores && y.dtype == DType.F32 ? 0 : checkDType(y, x.dtype);
}
