import { removeNode, type Graph } from '../../graph/index.js';

/** Dropout passes everything on at inference. */
export function removeDropout(graph: Graph): void {
  for (const node of graph.nodes.filter(({ op }) => op === 'dropout')) removeNode(graph, node);
}
