import {
  UnsortedSegmentSum,
  util,
  type TensorInfo,
  type UnsortedSegmentSumAttrs,
} from '@tensorflow/tfjs-core';
import { floats, trainingKernel, zeroOutput, type KernelArgs } from './scratch.js';

interface Inputs {
  x: TensorInfo;
  segmentIds: TensorInfo;
}

/**
 * `out[s, ...] = sum_{i : ids[i] = s} x[i, ...]`, the gradient of `gather`. Rows whose id is outside
 * [0, numSegments) are dropped, as in tfjs' cpu backend.
 */
function unsortedSegmentSum({
  inputs,
  attrs,
  backend,
}: KernelArgs<Inputs, UnsortedSegmentSumAttrs>): TensorInfo {
  const { x, segmentIds } = inputs;
  const { numSegments } = attrs;
  const idShape = segmentIds.shape;
  const rowShape = x.shape.slice(idShape.length);
  const row = util.sizeFromShape(rowShape);
  const output = zeroOutput(backend, [numSegments, ...rowShape]);
  const sums = floats(backend, output);
  const values = floats(backend, x);
  const ids = backend.typedArrayFromHeap(segmentIds);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] < 0 || ids[i] >= numSegments) continue;
    const target = ids[i] * row;
    for (let k = 0; k < row; k++) sums[target + k] += values[i * row + k];
  }
  return output;
}

export const unsortedSegmentSumKernel = trainingKernel(UnsortedSegmentSum, unsortedSegmentSum);
