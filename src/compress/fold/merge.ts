import { producerOf, onlyConsumerOf, type Graph, type Node, type Weight } from '../../graph/index.js';
import { setWeight, uniqueName, usersOf } from '../../graph/index.js';

/** Convolutions and dense layers: what computes `activation(W x + b)`. */
export const LINEAR = new Set(['conv2d', 'depthwise_conv2d', 'dense']);

/**
 * The node before `node`, where the two may become one: its only output goes only into `node`, it is one of `ops`, and
 * applies no activation yet.
 */
export function mergeableProducer(graph: Graph, node: Node, ops: ReadonlySet<string>): Node | undefined {
  const producer = producerOf(graph, node.inputs[0]);
  if (producer === undefined || !ops.has(producer.op)) return undefined;
  if (onlyConsumerOf(graph, node.inputs[0]) !== node) return undefined;
  return (producer.attributes.activation ?? 'linear') === 'linear' ? producer : undefined;
}

/** `producer` writes what `node` wrote; `node` and the tensor between them are gone. */
export function mergeInto(graph: Graph, producer: Node, node: Node): void {
  graph.tensors.delete(producer.outputs[0]);
  producer.outputs = node.outputs;
  graph.nodes = graph.nodes.filter((other) => other !== node);
}

/** Gives `node` a weight of its own; one that other nodes share stays theirs. */
export function ownWeight(graph: Graph, node: Node, role: string, weight: Omit<Weight, 'name'>): void {
  const old = node.weights[role];
  const mine = old !== undefined && usersOf(graph, old).length === 1;
  const name = mine ? old : uniqueName(graph.weights, `${node.name}/${role}`);
  setWeight(graph, node, role, { ...weight, name });
}
