/** reduce_*, argmax, argmin and layer_norm: along neighbouring axes. The full build's. */
import { Code, expect, fail, lastCode } from '../error';
import { alloc } from '../heap';
import { f32_arg, f32_layer_norm, f32_reduce } from '../kernels/index';
import { DType, inputOf, Node, outputOf, Weight } from '../model';
import { needPlaces, placeOf, placeOfOutput } from '../places';
import { unpackKept } from '../weights';
import {
  checkDType,
  checkSameShape,
  checkSize,
  dimension,
  innerOf,
  integerList,
  listLength,
  real,
  vectorOf,
  whole,
} from './node';
import { Op } from './names';

@unmanaged
class Reduction {
  /** The first axis of `count`, numbers along them, and behind them. */
  axis: u32;
  count: u32;
  size: u32;
  inner: u32;
}

export function checkReduce(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const params = changetype<Reduction>(alloc(offsetof<Reduction>()));
  if (!changetype<usize>(params)) return Code.MEMORY;
  node.params = changetype<usize>(params);
  if (checkDType(x, DType.F32) || checkDType(y, DType.F32)) return Code.DTYPE;
  const keep = whole(node, 'keepdims', 0, 1, 0);
  params.count = 1;
  if (node.operator <= u32(Op.ARGMIN)) params.axis = whole(node, 'axis', 0, i32(x.rank) - 1, -1);
  else readAxes(node, params);
  if (lastCode()) return Code.ATTRIBUTE;
  if (params.axis + params.count > x.rank) return fail(Code.ATTRIBUTE, x.rank, params.axis + params.count);
  if (checkSize(keep ? x.rank : x.rank - params.count, y.rank)) return Code.SHAPE;
  params.size = 1;
  for (let d: u32 = 0, e: u32 = 0; d < x.rank; ++d) {
    const size = dimension(x, d);
    const reduced = d - params.axis < params.count;
    if (reduced) params.size *= size;
    if (reduced && !keep) continue;
    if (checkSize(reduced ? 1 : size, dimension(y, e++))) return Code.SHAPE;
  }
  params.inner = innerOf(x, params.axis + params.count - 1);
  return 0;
}

/** Ascending neighbours. */
function readAxes(node: Node, params: Reduction): void {
  const axes = integerList(node, 'axes');
  if (!listLength) fail(Code.ATTRIBUTE, 1, 0);
  if (lastCode()) return;
  params.axis = load<u32>(axes);
  params.count = listLength;
  if (params.axis > 5) fail(Code.ATTRIBUTE, 5, params.axis);
  for (let i: u32 = 1; i < listLength; ++i)
    expect(Code.ATTRIBUTE, params.axis + i, load<u32>(axes + (i << 2)));
}

export function runReduce(node: Node): void {
  const params = changetype<Reduction>(node.params);
  const op = node.operator;
  const part = params.inner << 2;
  let x = placeOf(node, 0);
  let y = placeOfOutput(node);
  for (let left = outputOf(node).elements; left; left -= params.inner, x += params.size * part, y += part) {
    if (op <= u32(Op.ARGMIN)) f32_arg(op == Op.ARGMAX ? 1 : -1, params.size, params.inner, x, y);
    else f32_reduce(op, params.size, params.inner, x, y);
  }
}

@unmanaged
class Norm {
  /** Weights or 0, then what they hold. */
  gamma: usize;
  beta: usize;
  epsilon: f32;
}

/** y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, over the last axis. */
export function checkLayerNorm(node: Node): i32 {
  const x = inputOf(node, 0);
  const params = changetype<Norm>(alloc(offsetof<Norm>()));
  if (!changetype<usize>(params)) return Code.MEMORY;
  node.params = changetype<usize>(params);
  if (checkSameShape(x, outputOf(node))) return Code.SHAPE;
  if (checkDType(x, DType.F32) || checkDType(outputOf(node), DType.F32)) return Code.DTYPE;
  params.epsilon = real(node, 'epsilon', 0.001);
  params.gamma = vectorOf(node, 'gamma', DType.F32, x.channels, false);
  params.beta = vectorOf(node, 'beta', DType.F32, x.channels, false);
  return lastCode();
}

export function prepareLayerNorm(node: Node): i32 {
  const params = changetype<Norm>(node.params);
  if (params.gamma) params.gamma = unpackKept(changetype<Weight>(params.gamma));
  if (params.beta) params.beta = unpackKept(changetype<Weight>(params.beta));
  return lastCode() || needPlaces(node, false, 0);
}

export function runLayerNorm(node: Node): void {
  const params = changetype<Norm>(node.params);
  const n = outputOf(node).channels;
  let x = placeOf(node, 0);
  let y = placeOfOutput(node);
  for (let left = outputOf(node).elements; left; left -= n, x += n << 2, y += n << 2)
    f32_layer_norm(n, x, y, params.gamma, params.beta, params.epsilon);
}
