/** Dense int8 layers as columns, whose inputs at the zero point are skipped at run time (docs/runtime.md, "qs8_gemv_columns"). */
import { Code } from '../error';
import { imageOf } from '../arena';
import { push } from '../heap';
import { qs8_gemv_columns, qs8_nonzero, qs8_sums } from '../kernels/index';
import { DType, inputOf, layoutOf, model, Node, outputOf, scratchOf } from '../model';
import { biasBits, channel, factor, Group, Linear, nextGroup } from './linear';
import { highOf, lowOf } from './node';

/** Outputs of a program, and bytes of its constants. */
const OUTPUTS: u32 = 16;
const CONSTANTS: usize = 128;

/** Core builds have no room for it, and of builds with threads the relaxed one has none. */
export function hasColumns(): bool {
  return LOPPER_FULL && !ASC_FEATURE_THREADS;
}

/** Least densities of the weights, in fifths: with all inputs, and with half of them, columns are as fast as rows at 0.8 and 0.35 (npm run bench:zeros). */
const DENSE: u64 = 4;
const HALF: u64 = 2;

/** Whether columns are faster than the rows' programs, once the kernel is decoded. Behind a relu, where zero is the least input, half are taken to be zero. */
export function preferColumns(node: Node, linear: Linear): bool {
  if (!hasColumns() || linear.window || outputOf(node).dtype != DType.I8) return false;
  const least = inputOf(node, 0).zero == i8.MIN_VALUE ? HALF : DENSE;
  return u64(node.keptWeights) * 5 >= u64(node.allWeights) * least;
}

/** i32 bias[16] | f32 m[16] | for each input i8 w[16]. */
export function writeColumns(linear: Linear, group: Group): i32 {
  let program: usize = 0;
  for (let o: u32 = 0; o < linear.outputs; o += 8) {
    if (o % OUTPUTS == 0) {
      program = push(programBytes(linear));
      if (!program) return Code.MEMORY;
      memory.fill(program, 0, programBytes(linear));
    }
    nextGroup(group, linear, o);
    for (let r: u32 = 0; r < 8; ++r) {
      const bad = writeColumn(linear, group.rows + r * group.rowBytes, o + r, program);
      if (bad) return bad;
    }
  }
  return 0;
}

/** One output's constants, the zero point not in its bias, and weights, from its row. */
function writeColumn(linear: Linear, row: usize, o: u32, program: usize): i32 {
  const inputs = linear.kernel.inputs;
  const code = channel(linear, o, 0, qs8_sums(inputs, row) >> 32);
  const slot = o % OUTPUTS;
  store<u32>(program + (slot << 2), biasBits());
  store<f32>(program + (slot << 2), factor(), 64);
  const columns = program + CONSTANTS + slot;
  for (let i: u32 = 0; i < inputs; ++i) store<u8>(columns + (usize(i) << 4), load<u8>(row + i));
  return code;
}

function programBytes(linear: Linear): usize {
  return CONSTANTS + (usize(linear.kernel.inputs) << 4);
}

/** Offsets of the inputs that are not zero, then their values; each one more than there are inputs. */
export function columnsScratch(linear: Linear): u64 {
  return valuesAt(linear) + (u64(linear.kernel.inputs + 1) << 1);
}

function valuesAt(linear: Linear): u64 {
  return u64(linear.kernel.inputs + 1) << 2;
}

export function runColumns(node: Node, linear: Linear): void {
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const offsets = scratchOf(node);
  const values = offsets + usize(valuesAt(linear));
  const lo = lowOf(linear.activation, output);
  const hi = highOf(linear.activation, output);
  const programs = (linear.outputs + OUTPUTS - 1) / OUTPUTS;
  for (let image: u32 = 0; image < model.batch; ++image) {
    const x = imageOf(layoutOf(input), 0, image);
    const y = imageOf(layoutOf(output), 0, image);
    const pairs = qs8_nonzero(linear.kernel.inputs, x, input.zero, offsets, values);
    qs8_gemv_columns(
      programs,
      pairs,
      offsets,
      values,
      linear.program,
      programBytes(linear),
      y,
      output.zero,
      lo,
      hi,
    );
  }
}
