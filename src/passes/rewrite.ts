import { GraphIndex, type Graph, type Node } from '../graph/index.js';

/** Changes a graph in place where it finds what it knows; true where it did. Near-linear in the graph's nodes. */
export type Pass = (graph: Graph) => boolean;

/** A pass that looks at each node once, in execution order. */
export function eachNode(visit: (index: GraphIndex, node: Node) => void): Pass {
  return (graph) => {
    const index = new GraphIndex(graph);
    for (const node of graph.nodes) if (index.has(node)) visit(index, node);
    if (index.changed) index.commit();
    return index.changed;
  };
}

/** Passes one after another. */
export function inOrder(passes: readonly Pass[]): Pass {
  return (graph) => passes.map((pass) => pass(graph)).includes(true);
}

/** A pass over and over until it finds nothing, `most` times at most. */
export function untilStable(pass: Pass, most = 16): Pass {
  return (graph) => {
    let rounds = 0;
    while (rounds < most && pass(graph)) rounds++;
    return rounds > 0;
  };
}
