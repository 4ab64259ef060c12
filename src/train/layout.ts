import { transposed, type Graph, type Node } from '../graph/index.js';
import { getOp } from '../ops/table.js';

/** How a weight lies in tfjs: transposed by `permutation`, then reshaped to `shape`. */
export interface TfLayout {
  permutation: number[];
  shape: number[];
}

/** The tfjs layout of a node's weight; undefined where it is stored as it is. */
export function layoutOf(graph: Graph, node: Node, role: string): TfLayout | undefined {
  const { tfLayout } = getOp(node.op);
  if (!tfLayout) return undefined;
  const { shape } = graph.weights.get(node.weights[role])!;
  return tfLayout(role, shape, graph.tensors.get(node.inputs[0])!.shape);
}

/** Undoes `transposed(data, shape, permutation)`: `shape` is still the original's. */
export function untransposed<T extends Float32Array | Uint8Array>(
  data: T,
  shape: readonly number[],
  permutation: readonly number[],
): T {
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return transposed(
    data,
    permutation.map((axis) => shape[axis]),
    inverse,
  );
}
