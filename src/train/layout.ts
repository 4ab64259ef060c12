import { elements, type Graph, type Node } from '../graph/index.js';
import { getOp } from '../ops/table.js';

/** How a weight lies in tfjs: transposed by `permutation`, then reshaped to `shape`. */
export interface TfLayout {
  permutation: number[];
  shape: number[];
}

/** The tfjs layout of a node's weight; undefined where it is stored as it is. */
export function layoutOf(graph: Graph, node: Node, role: string): TfLayout | undefined {
  const shape = graph.weights.get(node.weights[role])!.shape;
  return getOp(node.op).tfLayout?.(role, shape, graph.tensors.get(node.inputs[0])!.shape);
}

/** `data` of `shape`, row-major, with its axes in the order of `permutation`. */
export function transposed<T extends Float32Array | Uint8Array>(
  data: T,
  shape: readonly number[],
  permutation: readonly number[],
): T {
  const target = data.slice() as T;
  forEachTransposed(shape, permutation, (source, index) => (target[index] = data[source]));
  return target;
}

/** Undoes `transposed`: `shape` is still the original's. */
export function untransposed<T extends Float32Array | Uint8Array>(
  data: T,
  shape: readonly number[],
  permutation: readonly number[],
): T {
  const target = data.slice() as T;
  forEachTransposed(shape, permutation, (source, index) => (target[source] = data[index]));
  return target;
}

function forEachTransposed(
  shape: readonly number[],
  permutation: readonly number[],
  visit: (source: number, target: number) => void,
): void {
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  let target = 0;
  const walk = (depth: number, source: number): void => {
    if (depth === permutation.length) return visit(source, target++);
    const axis = permutation[depth];
    for (let index = 0; index < shape[axis]; index++) walk(depth + 1, source + index * strides[axis]);
  };
  walk(0, 0);
}
