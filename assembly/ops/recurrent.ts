/** lstm, gru and simple_rnn, [T,I] -> [T,U]: the equations of FORMAT.md, a vector at a time. The full build's. */
import { Code, fail, lastCode } from '../error';
import { alloc } from '../heap';
import { f32_affine, f32_vbinary, f32_vunary } from '../kernels/index';
import { DType, inputOf, Node, outputOf, scratchOf, Weight } from '../model';
import { needPlaces, placeOf, placeOfOutput } from '../places';
import { unpackKept } from '../weights';
import { checkDType, checkSize, dimension, readChoice, vectorOf, weightOf, whole } from './node';
import { Op } from './names';

@unmanaged
class Recurrent {
  /** Weights, then what they hold; 0 where absent. */
  kernel: usize;
  recurrent: usize;
  bias: usize;
  recurrentBias: usize;
  h: usize;
  c: usize;
  /** Operators of one number; 0: none. */
  activation: u32;
  gate: u32;
  reverse: bool;
  resetAfter: bool;
  units: u32;
  /** Numbers of all gates. */
  rows: u32;
}
const WEIGHTS: usize = 6;

export function checkRecurrent(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const op = node.operator;
  const params = changetype<Recurrent>(alloc(offsetof<Recurrent>()));
  if (!changetype<usize>(params)) return Code.MEMORY;
  node.params = changetype<usize>(params);
  if (checkDType(x, DType.F32) || checkDType(y, DType.F32)) return Code.DTYPE;
  if (checkSize(2, x.rank) || checkSize(2, y.rank) || checkSize(x.columns, y.columns)) return Code.SHAPE;
  const units = y.channels;
  const gates: u32 = op == Op.LSTM ? 4 : op == Op.GRU ? 3 : 1;
  if (units >= 1 << 28) return fail(Code.LIMIT, 1 << 28, units);
  const rows = gates * units;
  params.units = units;
  params.rows = rows;
  params.kernel = matrixOf(node, 'kernel', rows, x.channels);
  params.recurrent = matrixOf(node, 'recurrent', rows, units);
  params.bias = vectorOf(node, 'bias', DType.F32, rows, false);
  params.h = vectorOf(node, 'initial_h', DType.F32, units, false);
  if (op == Op.LSTM) params.c = vectorOf(node, 'initial_c', DType.F32, units, false);
  const activation = readChoice(node, 'activation', 'tanh relu sigmoid linear ');
  params.activation =
    activation == 0 ? Op.TANH : activation == 1 ? Op.RELU : activation == 2 ? Op.SIGMOID : 0;
  params.reverse = whole(node, 'reverse', 0, 1, 0) != 0;
  if (op == Op.SIMPLE_RNN) return lastCode();
  const gate = readChoice(node, 'recurrent_activation', 'sigmoid hard_sigmoid ');
  params.gate = gate ? Op.HARD_SIGMOID : Op.SIGMOID;
  if (op == Op.LSTM) return lastCode();
  params.recurrentBias = vectorOf(node, 'recurrent_bias', DType.F32, rows, false);
  params.resetAfter = whole(node, 'reset_after', 0, 1, 1) != 0;
  return lastCode();
}

/** The node's weight of that role, f32 [rows, columns]; 0, with an error, where it is another. */
function matrixOf(node: Node, role: string, rows: u32, columns: u32): usize {
  const weight = weightOf(node, role);
  if (!weight) {
    fail(Code.ROLE, 1, 0);
    return 0;
  }
  if (weight.dtype != DType.F32) fail(Code.DTYPE, DType.F32, weight.dtype);
  checkSize(2, weight.rank);
  checkSize(rows, weight.outputs);
  checkSize(columns, weight.inputs);
  return changetype<usize>(weight);
}

export function prepareRecurrent(node: Node): i32 {
  const params = changetype<Recurrent>(node.params);
  for (let i: usize = 0; i < WEIGHTS; ++i) {
    const slot = node.params + (i << 2);
    const weight = load<usize>(slot);
    if (weight) store<usize>(slot, unpackKept(changetype<Weight>(weight)));
  }
  const x = inputOf(node, 0);
  node.multiplyAdds = f64(x.columns) * params.rows * (f64(x.channels) + params.units);
  return lastCode() || needPlaces(node, false, u64(params.rows + params.units) << 3);
}

function apply(f: u32, n: u32, x: usize): void {
  if (!f) return;
  const hard = f == Op.HARD_SIGMOID;
  f32_vunary(f, n, x, x, hard ? 0.2 : 0, hard ? 0.5 : Infinity);
}

/** a = f(a, b). */
function combine(f: Op, n: u32, a: usize, b: usize): void {
  f32_vbinary(f, n, a, 4, b, 4, a, -Infinity, Infinity);
}

export function runRecurrent(node: Node): void {
  const params = changetype<Recurrent>(node.params);
  const x = inputOf(node, 0);
  const units = params.units;
  const bytes = units << 2;
  const p = scratchOf(node);
  const q = p + (params.rows << 2);
  const h = q + (params.rows << 2);
  const c = h + bytes;
  memory.fill(h, 0, bytes << 1);
  if (params.h) memory.copy(h, params.h, bytes);
  if (params.c) memory.copy(c, params.c, bytes);
  for (let i: u32 = 0; i < x.columns; ++i) {
    const step = params.reverse ? x.columns - 1 - i : i;
    f32_affine(
      params.rows,
      x.channels,
      params.kernel,
      placeOf(node, 0) + ((step * x.channels) << 2),
      params.bias,
      p,
    );
    if (node.operator == Op.GRU) stepGru(params, p, q, h);
    else {
      f32_affine(params.rows, units, params.recurrent, h, 0, q);
      combine(Op.ADD, params.rows, p, q);
      if (node.operator == Op.LSTM) stepLstm(params, p, h, c);
      else {
        apply(params.activation, units, p);
        memory.copy(h, p, bytes);
      }
    }
    memory.copy(placeOfOutput(node) + step * bytes, h, bytes);
  }
}

/** From the gates' sums at p: c = s(f) * c + s(i) * a(g); h = s(o) * a(c). */
function stepLstm(params: Recurrent, p: usize, h: usize, c: usize): void {
  const units = params.units;
  const bytes = units << 2;
  const g = p + (bytes << 1);
  const o = g + bytes;
  apply(params.gate, units << 1, p);
  apply(params.activation, units, g);
  apply(params.gate, units, o);
  combine(Op.MUL, units, c, p + bytes);
  combine(Op.MUL, units, p, g);
  combine(Op.ADD, units, c, p);
  memory.copy(h, c, bytes);
  apply(params.activation, units, h);
  combine(Op.MUL, units, h, o);
}

/** From the input's sums at p: h = z * h + (1 - z) * n = n + z * (h - n). */
function stepGru(params: Recurrent, p: usize, q: usize, h: usize): void {
  const units = params.units;
  const bytes = units << 2;
  const n = p + (bytes << 1);
  const last = q + (bytes << 1);
  f32_affine(params.rows, units, params.recurrent, h, params.recurrentBias, q);
  combine(Op.ADD, units << 1, p, q);
  apply(params.gate, units << 1, p);
  if (params.resetAfter) combine(Op.MUL, units, last, p + bytes);
  else {
    memory.copy(q, h, bytes);
    combine(Op.MUL, units, q, p + bytes);
    const row = units << 1;
    const bias = params.recurrentBias ? params.recurrentBias + (bytes << 1) : 0;
    f32_affine(units, units, params.recurrent + row * bytes, q, bias, last);
  }
  combine(Op.ADD, units, n, last);
  apply(params.activation, units, n);
  combine(Op.SUB, units, h, n);
  combine(Op.MUL, units, h, p);
  combine(Op.ADD, units, h, n);
}
