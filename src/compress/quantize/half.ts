import { nearestF16 } from '../../format/index.js';
import { copyGraph, type Graph } from '../../graph/index.js';
import type { Stage } from '../stage.js';

/** Rounded to half precision; undefined where a number is too large for it. */
export function roundedToHalf(values: Iterable<number>): Float32Array | undefined {
  const rounded = Float32Array.from(values, nearestF16);
  return rounded.every(Number.isFinite) ? rounded : undefined;
}

/**
 * Rounds f32 kernels and other f32 matrices to half precision, in place, with data of their own: the file halves, they compute as
 * f32. Where a number is above 65504 a weight stays as it is.
 */
export function roundToHalf(graph: Graph): void {
  for (const weight of graph.weights.values()) {
    if (weight.dtype !== 'f32' || weight.shape.length < 2) continue;
    weight.data = roundedToHalf(weight.data) ?? weight.data;
  }
}

/** `storage.float16`: what is f32 at the end is stored in halves. */
export const halfStage: Stage = {
  name: 'half',
  applies: ({ storage }) => storage.float16 === true,
  run(work) {
    const graph = copyGraph(work.graph);
    roundToHalf(graph);
    return { ...work, graph };
  },
};
