import type { Graph, Node, Tensor, Weight } from './graph.js';
import { consumersOf, producerOf } from './lookup.js';

/** A copy that shares nothing with `graph`, weights' data and metadata included. */
export function cloneGraph(graph: Graph): Graph {
  return structuredClone(graph);
}

/** A copy whose nodes, tensors and weights may be changed or renamed, while the weights' data are shared with `graph`. */
export function copyGraph(graph: Graph): Graph {
  const { weights, ...others } = graph;
  const shared = Array.from(weights.values(), (weight): [string, Weight] => [weight.name, { ...weight }]);
  return { ...structuredClone(others), weights: new Map(shared) };
}

/** `base`, or `base_1`, `base_2`, ... : the first that `taken` does not have. */
export function uniqueName(taken: { has(name: string): boolean }, base: string): string {
  let name = base;
  for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
  return name;
}

/** Every reader of tensor `from`, the graph's outputs included, reads `to` from now on. */
export function replaceTensor(graph: Graph, from: string, to: string): void {
  for (const node of consumersOf(graph, from)) replaceInput(node, from, to);
  graph.outputs = graph.outputs.map((name) => (name === from ? to : name));
}

/** Calls tensor `from` `to` everywhere; leaves it where that name is taken. */
export function replaceTensorName(graph: Graph, from: string, to: string): void {
  const tensor = graph.tensors.get(from);
  if (!tensor || graph.tensors.has(to)) return;
  const renamed = (name: string): string => (name === from ? to : name);
  graph.tensors.delete(from);
  graph.tensors.set(to, { ...tensor, name: to });
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map(renamed);
    node.outputs = node.outputs.map(renamed);
  }
  graph.inputs = graph.inputs.map(renamed);
  graph.outputs = graph.outputs.map(renamed);
}

/** `node` reads `to` where it read `from`. */
export function replaceInput(node: Node, from: string, to: string): void {
  node.inputs = node.inputs.map((name) => (name === from ? to : name));
}

/**
 * Takes out a node of one output; its readers read its first input instead (dropout, an activation that its
 * producer now applies). Weights that nobody else uses stay until `removeUnused`.
 */
export function removeNode(graph: Graph, node: Node): void {
  const [output] = node.outputs;
  replaceTensor(graph, output, node.inputs[0]);
  graph.nodes = graph.nodes.filter((other) => other !== node);
  graph.tensors.delete(output);
}

/** What `insertAfter` puts into a graph. */
export interface Insertion {
  op: string;
  name: string;
  attributes?: Node['attributes'];
  /** The tensor it writes. */
  output: Tensor;
  /** Which readers of the tensor read the new one instead; all, and the graph's outputs, where absent. */
  readers?: Node[];
}

/**
 * Puts a node of one input and one output behind tensor `tensor` (quantize, dequantize, an activation), right
 * after its producer in execution order. RangeError where the node's or its output's name is taken.
 */
export function insertAfter(graph: Graph, tensor: string, insertion: Insertion): Node {
  const { op, name, attributes = {}, output, readers } = insertion;
  if (graph.tensors.has(output.name)) throw new RangeError(`tensor '${output.name}': the name is taken`);
  if (graph.nodes.some((node) => node.name === name))
    throw new RangeError(`node '${name}': the name is taken`);
  if (readers) readers.forEach((reader) => replaceInput(reader, tensor, output.name));
  else replaceTensor(graph, tensor, output.name);
  const node: Node = { name, op, inputs: [tensor], outputs: [output.name], attributes, weights: {} };
  const producer = producerOf(graph, tensor);
  graph.nodes.splice(producer ? graph.nodes.indexOf(producer) + 1 : 0, 0, node);
  graph.tensors.set(output.name, output);
  return node;
}

/** Adds `weight`, as the node's weight of that role; replaces a weight of the same name. */
export function setWeight(graph: Graph, node: Node, role: string, weight: Weight): void {
  graph.weights.set(weight.name, weight);
  node.weights[role] = weight.name;
}

/** Drops nodes whose results nobody reads, then tensors and weights that no node or graph output names. */
export function removeUnused(graph: Graph): void {
  const needed = new Set(graph.outputs);
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    node.inputs.forEach((name) => needed.add(name));
    kept.push(node);
  }
  graph.nodes = kept.reverse();
  const tensors = new Set([...graph.inputs, ...graph.outputs]);
  kept.forEach((node) => [...node.inputs, ...node.outputs].forEach((name) => tensors.add(name)));
  const weights = new Set(kept.flatMap((node) => Object.values(node.weights)));
  for (const name of graph.tensors.keys()) if (!tensors.has(name)) graph.tensors.delete(name);
  for (const name of graph.weights.keys()) if (!weights.has(name)) graph.weights.delete(name);
}
