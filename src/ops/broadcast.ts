/** Numpy's broadcasting: shapes are aligned at the last axis, dimensions of 1 stretch. */
import * as tf from '@tensorflow/tfjs-core';
import type { Values } from './op.js';
import { pick, positionsOf, rowStrides, type View } from './positions.js';

/** The shape that all broadcast to; RangeError where they do not. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const dim = Math.max(...dims);
    if (dims.every((other) => other === dim || other === 1)) return dim;
    const got = shapes.map((shape) => `[${shape}]`).join(' and ');
    throw new RangeError(`inputs: expected shapes that broadcast, got ${got}`);
  });
}

/** An input of shape `from` as read by an output of shape `to`: stretched axes have stride 0. */
export function broadcastView(from: readonly number[], to: readonly number[]): View {
  const strides = rowStrides(from);
  const missing = to.length - from.length;
  return {
    dims: [...to],
    strides: to.map((_, axis) => (from[axis - missing] > 1 ? strides[axis - missing] : 0)),
    offset: 0,
  };
}

/** The values of `from` stretched to `to`; `x` itself where nothing stretches. */
export function stretched(x: Values, from: readonly number[], to: readonly number[]): Values {
  const same = from.every((dim, axis) => dim === to[axis + to.length - from.length]);
  const leading = to.slice(0, to.length - from.length).every((dim) => dim === 1);
  return same && leading ? x : pick(x, positionsOf(broadcastView(from, to)));
}

/** tfjs tensors of one rank: 1s are put between the batch and the axes of those that have fewer. */
export function alignRanks(tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const rank = Math.max(...tensors.map((x) => x.rank));
  return tensors.map((x) => {
    if (x.rank === rank) return x;
    const ones = Array.from({ length: rank - x.rank }, () => 1);
    return tf.reshape(x, [x.shape[0], ...ones, ...x.shape.slice(1)]);
  });
}

/** tfjs tensors of one batch: what does not depend on the graph's input has a batch of 1. */
export function alignBatches(tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const batch = Math.max(...tensors.map((x) => x.shape[0]));
  return tensors.map((x) => {
    return stretchTensor(x, [batch, ...x.shape.slice(1)]);
  });
}

/** A tfjs tensor of the same rank stretched to `shape`. tf.broadcastTo (4.22) has no gradient beyond rank 4. */
export function stretchTensor(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return `${x.shape}` === `${shape}` ? x : tf.mul(x, tf.ones([...shape]));
}
