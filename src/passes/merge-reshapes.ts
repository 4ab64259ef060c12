import { attributesOf } from '../ops/check.js';
import { transposed } from '../graph/index.js';
import { eachNode } from './rewrite.js';

/** A reshape of a reshape is one; a transpose that only moves axes of 1 is a reshape. */
export const mergeReshapes = eachNode((index, node) => {
  if (node.op === 'transpose') {
    const { shape } = index.tensor(node.inputs[0]);
    const long = (attributesOf(node).permutation as number[]).filter((axis) => shape[axis] > 1);
    if (long.every((axis, i) => i === 0 || axis > long[i - 1]))
      index.change(node, { op: 'reshape', attributes: {} });
  }
  if (node.op !== 'reshape') return;
  const before = index.producerOf(node.inputs[0]);
  if (before?.op === 'reshape') index.change(node, { inputs: before.inputs });
});

/** A transpose right before the reshape that flattens it for a dense layer goes into that layer's kernel. */
export const foldTransposeIntoDense = eachNode((index, node) => {
  if (node.op !== 'dense') return;
  const flat = index.producerOf(node.inputs[0]);
  const moved = flat?.op === 'reshape' ? index.producerOf(flat.inputs[0]) : undefined;
  const { kernel } = index.weights(node);
  if (!flat || moved?.op !== 'transpose' || kernel.dtype === 'i32') return;
  if (!index.isOnlyReader(flat.outputs[0], node) || !index.isOnlyReader(moved.outputs[0], flat)) return;
  const permutation = attributesOf(moved).permutation as number[];
  const shape = index.outputOf(moved).shape;
  const back = permutation.map((_, axis) => permutation.indexOf(axis) + 1);
  const data = transposed(kernel.data, [kernel.shape[0], ...shape], [0, ...back]);
  index.setWeight(node, 'kernel', { ...kernel, data });
  index.change(flat, { inputs: moved.inputs });
});
