/** gather, gather_nd and interpolate: numbers that are looked up along axes. The full build's. */
import { Code, expect, fail, lastCode } from '../error';
import { alloc } from '../heap';
import { f32_vlerp, x_copy } from '../kernels/index';
import { DType, inputOf, Node, outputOf, Tensor, Weight } from '../model';
import { needPlaces, placeOf, placeOfOutput } from '../places';
import { unpackKept } from '../weights';
import { checkMove } from './moves';
import { checkDType, checkSize, dimension, innerOf, rowStep, sizeOf, vectorOf, whole } from './node';

/** A whole number below `n`: from the end where it is negative, the nearest where it is beyond, 0 for NaN. */
function readIndex(at: usize, n: u32): u32 {
  const index = i32(load<f32>(at));
  return min(n - 1, u32(max(0, index < 0 ? index + i32(n) : index)));
}

/** y's axes are x's before `from`, then the first `count` of indices, then x's from `to` on. */
function checkTaken(node: Node, from: u32, count: u32, to: u32): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkMove(node, 1) || checkDType(inputOf(node, 1), DType.F32)) return Code.DTYPE;
  if (checkSize(from + count + x.rank - to, y.rank)) return Code.SHAPE;
  for (let d: u32 = 0; d < y.rank; ++d) {
    let size = dimension(x, d < from ? d : d - from - count + to);
    if (d - from < count) size = dimension(inputOf(node, 1), d - from);
    if (checkSize(size, dimension(y, d))) return Code.SHAPE;
  }
  return 0;
}

/** y[.., j.., ..] = x[.., indices[j..], ..], along `axis`. */
export function checkGather(node: Node): i32 {
  const axis = whole(node, 'axis', 0, i32(inputOf(node, 0).rank) - 1, -1);
  node.params = axis;
  return lastCode() ? Code.ATTRIBUTE : checkTaken(node, axis, inputOf(node, 1).rank, axis + 1);
}

/** y[j.., ..] = x[indices[j.., 0], .., indices[j.., K-1], ..]. */
export function checkGatherNd(node: Node): i32 {
  const x = inputOf(node, 0);
  const indices = inputOf(node, 1);
  if (checkDType(x, DType.F32)) return Code.DTYPE;
  if (indices.rank == 0 || indices.channels > x.rank) return fail(Code.SHAPE, x.rank, indices.channels);
  return checkTaken(node, 0, indices.rank - 1, indices.channels);
}

export function runGather(node: Node): void {
  const x = inputOf(node, 0);
  const axis = u32(node.params);
  const size = dimension(x, axis);
  const inner = innerOf(x, axis);
  const part = inner * sizeOf(x);
  let from = placeOf(node, 0);
  let to = placeOfOutput(node);
  for (let outer = x.elements / (inner * size); outer; --outer, from += size * part) {
    let at = placeOf(node, 1);
    for (let left = inputOf(node, 1).elements; left; --left, at += 4, to += part)
      x_copy(sizeOf(x), inner, from + readIndex(at, size) * part, sizeOf(x), to);
  }
}

export function runGatherNd(node: Node): void {
  const x = inputOf(node, 0);
  const depth = inputOf(node, 1).channels;
  const inner = innerOf(x, depth - 1);
  let at = placeOf(node, 1);
  let to = placeOfOutput(node);
  for (let left = outputOf(node).elements; left; left -= inner, to += inner << 2) {
    let index: u32 = 0;
    for (let k: u32 = 0; k < depth; ++k, at += 4) {
      const size = dimension(x, k);
      index = index * size + readIndex(at, size);
    }
    x_copy(4, inner, placeOf(node, 0) + ((index * inner) << 2), 4, to);
  }
}

@unmanaged
class Interpolation {
  axis: u32;
  /** Weights, then what they hold. */
  lower: usize;
  upper: usize;
  fraction: usize;
}

/** y[i] = x[lower[i]] * (1 - fraction[i]) + x[upper[i]] * fraction[i], along `axis`. */
export function checkInterpolate(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const params = changetype<Interpolation>(alloc(offsetof<Interpolation>()));
  if (!changetype<usize>(params)) return Code.MEMORY;
  node.params = changetype<usize>(params);
  if (checkDType(x, DType.F32) || checkDType(y, DType.F32)) return Code.DTYPE;
  const axis = whole(node, 'axis', 0, i32(x.rank) - 1, -1);
  if (lastCode() || checkSize(x.rank, y.rank)) return Code.SHAPE;
  params.axis = axis;
  for (let d: u32 = 0; d < x.rank; ++d)
    if (d != axis && checkSize(dimension(x, d), dimension(y, d))) return Code.SHAPE;
  const n = dimension(y, axis);
  params.lower = vectorOf(node, 'lower', DType.I32, n, true);
  params.upper = vectorOf(node, 'upper', DType.I32, n, true);
  params.fraction = vectorOf(node, 'fraction', DType.F32, n, true);
  return lastCode();
}

export function prepareInterpolate(node: Node): i32 {
  const params = changetype<Interpolation>(node.params);
  const size = dimension(inputOf(node, 0), params.axis);
  params.lower = readIndices(params.lower, size);
  params.upper = readIndices(params.upper, size);
  params.fraction = unpackKept(changetype<Weight>(params.fraction));
  return lastCode() || needPlaces(node, false, 0);
}

function readIndices(weight: usize, size: u32): usize {
  const indices = unpackKept(changetype<Weight>(weight));
  const count = changetype<Weight>(weight).outputs;
  for (let i: u32 = 0; indices && i < count; ++i)
    if (load<u32>(indices + (i << 2)) >= size) fail(Code.INDEX, size, load<u32>(indices + (i << 2)));
  return indices;
}

export function runInterpolate(node: Node): void {
  const x = inputOf(node, 0);
  const params = changetype<Interpolation>(node.params);
  const inner = innerOf(x, params.axis);
  const part = inner << 2;
  const size = dimension(x, params.axis);
  const count = dimension(outputOf(node), params.axis) << 2;
  let from = placeOf(node, 0);
  let to = placeOfOutput(node);
  for (let outer = x.elements / (inner * size); outer; --outer, from += size * part)
    for (let i: u32 = 0; i < count; i += 4, to += part) {
      const lower = from + load<u32>(params.lower + i) * part;
      f32_vlerp(inner, lower, from + load<u32>(params.upper + i) * part, to, load<f32>(params.fraction + i));
    }
}
