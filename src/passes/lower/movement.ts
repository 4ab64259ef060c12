import { elements, type GraphIndex, type Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import { movementView } from '../../ops/movement.js';
import { mergedView, type View } from '../../ops/positions.js';
import { eachNode } from '../rewrite.js';

/** transpose, slice, tile, expand, depth_to_space, space_to_depth become the `view` that they are; one that moves nothing a reshape. */
export const lowerMovement = eachNode((index, node) => {
  if (node.inputs.length !== 1) return;
  const view = movementView(node.op, index.tensor(node.inputs[0]).shape, attributesOf(node));
  if (view) becomeView(index, node, view);
});

/** `node` becomes a view of its first input. */
export function becomeView(index: GraphIndex, node: Node, view: View): void {
  const inputs = node.inputs.slice(0, 1);
  const merged = mergedView(view);
  if (isWhole(merged, elements(index.tensor(inputs[0]).shape))) {
    index.change(node, { op: 'reshape', inputs, attributes: {}, weights: {} });
    return;
  }
  const { dims, strides, offset } = merged;
  const one = dims.length === 0;
  const attributes = { dims: one ? [1] : dims, strides: one ? [1] : strides, offset };
  index.change(node, { op: 'view', inputs, attributes, weights: {} });
}

/** True for a view of all elements in their order. */
export function isWhole(view: View, count: number): boolean {
  const { dims, strides, offset } = mergedView(view);
  return (
    dims.length <= 1 && elements(dims) === count && offset === 0 && strides.every((stride) => stride === 1)
  );
}
