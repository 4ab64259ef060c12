import type { Graph, Node, Tensor, Weight } from './graph.js';

/** The tensor called `name`; RangeError where the graph has none. */
export function tensorOf(graph: Graph, name: string): Tensor {
  const tensor = graph.tensors.get(name);
  if (!tensor) throw new RangeError(`tensor: expected a name in the graph, got '${name}'`);
  return tensor;
}

/** The weight called `name`; RangeError where the graph has none. */
export function weightOf(graph: Graph, name: string): Weight {
  const weight = graph.weights.get(name);
  if (!weight) throw new RangeError(`weight: expected a name in the graph, got '${name}'`);
  return weight;
}

/** The node's weights by role. */
export function weightsOf(graph: Graph, node: Node): Record<string, Weight> {
  return Object.fromEntries(
    Object.entries(node.weights).map(([role, name]) => [role, weightOf(graph, name)]),
  );
}

/** The node that writes `tensor`; undefined for an input of the graph. */
export function producerOf(graph: Graph, tensor: string): Node | undefined {
  return graph.nodes.find((node) => node.outputs.includes(tensor));
}

/** The nodes that read `tensor`, in execution order. That the graph may also output it is not counted. */
export function consumersOf(graph: Graph, tensor: string): Node[] {
  return graph.nodes.filter((node) => node.inputs.includes(tensor));
}

/**
 * The one node that reads `tensor`; undefined where several do, none does, or the graph outputs it: then a node
 * after the producer must not be merged into it.
 */
export function onlyConsumerOf(graph: Graph, tensor: string): Node | undefined {
  const consumers = consumersOf(graph, tensor);
  return consumers.length === 1 && !graph.outputs.includes(tensor) ? consumers[0] : undefined;
}

/** The nodes that use `weight`: more than one for a shared layer. */
export function usersOf(graph: Graph, weight: string): Node[] {
  return graph.nodes.filter((node) => Object.values(node.weights).includes(weight));
}
