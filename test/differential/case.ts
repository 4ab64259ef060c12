/** What the executors are compared on. */
import type { Graph } from '../../src/graph/graph.js';
import type { Values } from '../../src/ops/op.js';

export interface Case {
  graph: Graph;
  /** Of each sample an array for each of the graph's inputs; all samples are one batch. */
  samples: Values[][];
  /** Whether the file's weights may be range coded. */
  entropy: boolean;
}

/** Elements of two arrays are the same bits; NaN is NaN. */
export function sameBits(a: Values, b: Values): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
