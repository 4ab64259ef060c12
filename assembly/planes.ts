/**
 * Which tensors lie in planes (docs/runtime.md, Layout): those of convolutions and pools, and those that operators on single numbers connect
 * with them, so that a network's images stay in planes from layer to layer. All others lie row-major. The full build's.
 */
import { DType, inputOf, model, Node, nodeAt, outputOf, Tensor } from './model';
import { isElementwise, isOfImages, Op } from './ops/names';

/** Whether x lies as y does where y is in planes: pixel for pixel and channel for channel, or one plane for all of y's. */
export function liesAlong(x: Tensor, y: Tensor): bool {
  if (x.rows != y.rows || x.columns != y.columns) return false;
  return x.channels == y.channels || (x.channels == 1 && x.dtype == DType.F32);
}

/** Whether the node joins channels, whole planes of them. */
export function joinsPlanes(node: Node): bool {
  const y = outputOf(node);
  let channels: u32 = 0;
  for (let i: u32 = 0; i < node.inputs; ++i) {
    const x = inputOf(node, i);
    if (x.rows != y.rows || x.columns != y.columns || (y.dtype == DType.I8 && channels & 1)) return false;
    channels += x.channels;
  }
  return node.operator == Op.CONCAT && channels == y.channels;
}

/** Marks what lies along a tensor in planes; whether that was any. */
function spread(node: Node): bool {
  const joins = joinsPlanes(node);
  if (!joins && !isElementwise(node.operator) && node.operator != Op.RESHAPE) return false;
  const y = outputOf(node);
  let planar = false;
  let marked = false;
  for (let pass = 0; pass < 2; ++pass)
    for (let i: u32 = 0; i <= node.inputs; ++i) {
      // the output follows the inputs in the file
      const x = inputOf(node, i);
      if (!joins && !liesAlong(x, y)) continue;
      if (x.planar) planar = true;
      else if (planar) x.planar = marked = true;
    }
  return marked;
}

/** Sets `planar` of all tensors. */
export function choosePlanes(): void {
  const count = model.nodeCount;
  for (let i: u32 = 0; i < count; ++i) {
    const node = nodeAt(i);
    if (isOfImages(node.operator)) inputOf(node, 0).planar = outputOf(node).planar = true;
  }
  for (let marked = true; marked;) {
    marked = false;
    for (let i: u32 = 0; i < count; ++i) if (spread(nodeAt(i))) marked = true;
    for (let i = count; i > 0; --i) if (spread(nodeAt(i - 1))) marked = true;
  }
}
