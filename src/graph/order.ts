import type { Graph, Node } from './graph.js';

/**
 * The graph's nodes so that each comes after the producers of its inputs; nodes that do not depend on each other
 * keep their order (depth-first, Tarjan 1976). RangeError where nodes form a cycle, or an input has no producer.
 */
export function topologicalOrder(graph: Graph): Node[] {
  const producers = producersByTensor(graph);
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const visit = (node: Node): void => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') throw new RangeError(`node '${node.name}': its output leads back to it`);
    state.set(node, 'open');
    for (const input of node.inputs) {
      const producer = producers.get(input);
      if (producer) visit(producer);
      else if (!graph.inputs.includes(input)) {
        throw new RangeError(`node '${node.name}': nothing produces its input '${input}'`);
      }
    }
    state.set(node, 'done');
    order.push(node);
  };
  graph.nodes.forEach(visit);
  return order;
}

function producersByTensor(graph: Graph): Map<string, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
}
