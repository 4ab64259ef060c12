import type { Attribute, Graph } from '../graph/index.js';
import { getOp } from '../ops/table.js';

/** Drops attributes that say what FORMAT.md says where they are absent, in place: a reader fills them in. */
export function trimAttributes(graph: Graph): void {
  for (const node of graph.nodes) {
    const { attributes } = getOp(node.op);
    const told = Object.entries(node.attributes).filter(([key, value]) => !isSame(value, attributes[key]));
    node.attributes = Object.fromEntries(told);
  }
}

function isSame(value: Attribute, fallback: Attribute | undefined): boolean {
  return JSON.stringify(value) === JSON.stringify(fallback);
}
