import type { Graph } from '../graph/index.js';

/**
 * Gives weights and inner tensors numbers for names, in place: a file holds every name. Inputs and outputs keep theirs, which is what
 * people look for, and so do layers unless `layers` is false.
 */
export function shortenNames(graph: Graph, layers = true): void {
  const outside = new Set([...graph.inputs, ...graph.outputs]);
  const tensors = numbered(graph.tensors.keys(), outside);
  const weights = numbered(graph.weights.keys(), new Set());
  graph.tensors = renamed(graph.tensors, tensors);
  graph.weights = renamed(graph.weights, weights);
  for (const [i, node] of graph.nodes.entries()) {
    if (!layers) node.name = String(i);
    node.inputs = node.inputs.map((name) => tensors.get(name)!);
    node.outputs = node.outputs.map((name) => tensors.get(name)!);
    for (const [role, name] of Object.entries(node.weights)) node.weights[role] = weights.get(name)!;
  }
}

function numbered(names: Iterable<string>, kept: ReadonlySet<string>): Map<string, string> {
  let next = 0;
  const fresh = (): string => {
    const name = String(next++);
    return kept.has(name) ? fresh() : name;
  };
  return new Map(Array.from(names, (name) => [name, kept.has(name) ? name : fresh()]));
}

function renamed<T extends { name: string }>(
  items: Map<string, T>,
  names: Map<string, string>,
): Map<string, T> {
  return new Map(
    Array.from(items.values(), (item) => {
      item.name = names.get(item.name)!;
      return [item.name, item];
    }),
  );
}
