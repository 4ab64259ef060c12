import type { Graph, Node, Tensor, Weight } from './graph.js';
import { removeUnused, uniqueName } from './edit.js';
import { tensorOf, weightsOf } from './lookup.js';
import { topologicalOrder } from './order.js';

/** A node to be: its output gets the node's name, made unique, unless `output` says another. */
export interface NewNode {
  name: string;
  op: string;
  inputs: string[];
  attributes?: Node['attributes'];
  weights?: Node['weights'];
  /** Without its name, which is the node's. */
  output: Omit<Tensor, 'name'>;
}

/**
 * A graph while it is rewritten: producer and readers of each tensor are found at once, whatever the graph's size. All
 * changes go through here; `commit` then puts the nodes in order and drops what nobody reads.
 */
export class GraphIndex {
  readonly #live: Set<Node>;
  readonly #names: Set<string>;
  readonly #producers = new Map<string, Node>();
  readonly #readers = new Map<string, Set<Node>>();
  readonly #users = new Map<string, Set<Node>>();
  readonly #outputs: Set<string>;
  #changed = false;

  constructor(readonly graph: Graph) {
    this.#live = new Set(graph.nodes);
    this.#names = new Set(graph.nodes.map(({ name }) => name));
    this.#outputs = new Set(graph.outputs);
    graph.nodes.forEach((node) => this.#link(node));
  }

  /** True once anything was changed. */
  get changed(): boolean {
    return this.#changed;
  }

  /** True for a node that is still in the graph. */
  has(node: Node): boolean {
    return this.#live.has(node);
  }

  tensor(name: string): Tensor {
    return tensorOf(this.graph, name);
  }

  /** Of the node's only output. */
  outputOf(node: Node): Tensor {
    return this.tensor(node.outputs[0]);
  }

  weights(node: Node): Record<string, Weight> {
    return weightsOf(this.graph, node);
  }

  /** The node that writes `tensor`; undefined for an input of the graph. */
  producerOf(tensor: string): Node | undefined {
    return this.#producers.get(tensor);
  }

  readersOf(tensor: string): Node[] {
    return [...(this.#readers.get(tensor) ?? [])];
  }

  isOutput(tensor: string): boolean {
    return this.#outputs.has(tensor);
  }

  /** True where `node` alone reads the tensor, and the graph does not give it: then its producer may be merged into `node`. */
  isOnlyReader(tensor: string, node: Node): boolean {
    const readers = this.#readers.get(tensor);
    return readers?.size === 1 && readers.has(node) && !this.isOutput(tensor);
  }

  /** The value of a constant; undefined for what is known only at run time. */
  constantOf(tensor: string): Weight | undefined {
    const producer = this.producerOf(tensor);
    return producer?.op === 'constant' ? this.graph.weights.get(producer.weights.value) : undefined;
  }

  /** Adds a node; until something reads what it writes it has to be read or is gone at `commit`. */
  insert({ name, op, inputs, attributes = {}, weights = {}, output }: NewNode): Node {
    const unique = uniqueName(this.#names, name);
    const tensor = uniqueName(this.graph.tensors, unique);
    this.graph.tensors.set(tensor, { ...output, name: tensor });
    const node: Node = { name: unique, op, inputs, outputs: [tensor], attributes, weights };
    this.#live.add(node);
    this.#names.add(unique);
    this.#link(node);
    this.#changed = true;
    return node;
  }

  /** A constant's tensor. */
  insertConstant(name: string, shape: number[], data: Float32Array): string {
    const value = this.addWeight(`${name}/value`, { shape, dtype: 'f32', data, block: [1, 1] });
    const output = { shape, dtype: 'f32' as const };
    return this.insert({ name, op: 'constant', inputs: [], weights: { value }, output }).outputs[0];
  }

  /** Adds a weight under `base`, made unique; gives its name. */
  addWeight(base: string, weight: Omit<Weight, 'name'>): string {
    const name = uniqueName(this.graph.weights, base);
    this.graph.weights.set(name, { ...weight, name });
    return name;
  }

  /** Gives `node` a weight of its own: one that other nodes share stays theirs. */
  setWeight(node: Node, role: string, weight: Omit<Weight, 'name'>): void {
    const old = node.weights[role];
    if (old !== undefined && this.#users.get(old)!.size === 1) {
      this.graph.weights.set(old, { ...weight, name: old });
      this.#changed = true;
    } else {
      const name = this.addWeight(`${node.name}/${role}`, weight);
      this.change(node, { weights: { ...node.weights, [role]: name } });
    }
  }

  /** Makes the node something else; producers that nobody reads any more are gone, weights at `commit`. */
  change(node: Node, parts: Partial<Omit<Node, 'name' | 'outputs'>>): void {
    const before = node.inputs;
    this.#unlink(node);
    Object.assign(node, parts);
    this.#link(node);
    before.forEach((name) => this.#release(name));
    this.#changed = true;
  }

  setAttributes(node: Node, attributes: Node['attributes']): void {
    this.change(node, { attributes: { ...node.attributes, ...attributes } });
  }

  /** Every reader of `from`, the graph's outputs included, reads `to` from now on. */
  replaceTensor(from: string, to: string): void {
    for (const node of this.readersOf(from)) this.replaceInput(node, from, to);
    if (!this.isOutput(from)) return;
    this.graph.outputs = this.graph.outputs.map((name) => (name === from ? to : name));
    this.#outputs.delete(from);
    this.#outputs.add(to);
    this.#release(from);
  }

  replaceInput(node: Node, from: string, to: string): void {
    this.change(node, { inputs: node.inputs.map((name) => (name === from ? to : name)) });
  }

  /**
   * Takes out a node whose output is the same as its first input. An output of the graph keeps its name, unless its value
   * is another output or an input.
   */
  bypass(node: Node): void {
    const [input] = node.inputs;
    const [output] = node.outputs;
    const producer = this.producerOf(input);
    if (!this.isOutput(output) || this.isOutput(input) || !producer) {
      this.replaceTensor(output, input);
      this.#remove(node);
    } else this.mergeInto(producer, node);
  }

  /** `producer` writes what `node`, which reads it, wrote; other readers of it read that too, and `node` is gone. */
  mergeInto(producer: Node, node: Node): void {
    const [between] = producer.outputs;
    const { inputs, outputs } = node;
    this.#drop(node);
    this.#unlink(producer);
    producer.outputs = outputs;
    this.#link(producer);
    this.replaceTensor(between, outputs[0]);
    this.graph.tensors.delete(between);
    inputs.forEach((name) => this.#release(name));
    this.#changed = true;
  }

  /** Puts what was changed into the graph. */
  commit(): void {
    this.graph.nodes = [...this.#live];
    this.graph.nodes = topologicalOrder(this.graph);
    removeUnused(this.graph);
  }

  #link(node: Node): void {
    node.outputs.forEach((name) => this.#producers.set(name, node));
    node.inputs.forEach((name) => add(this.#readers, name, node));
    Object.values(node.weights).forEach((name) => add(this.#users, name, node));
  }

  #unlink(node: Node): void {
    for (const name of node.outputs) {
      if (this.#producers.get(name) === node) this.#producers.delete(name);
    }
    node.inputs.forEach((name) => this.#readers.get(name)?.delete(node));
    Object.values(node.weights).forEach((name) => this.#users.get(name)?.delete(node));
  }

  #drop(node: Node): void {
    this.#unlink(node);
    this.#live.delete(node);
  }

  #remove(node: Node): void {
    this.#drop(node);
    node.outputs.forEach((name) => this.graph.tensors.delete(name));
    node.inputs.forEach((name) => this.#release(name));
    this.#changed = true;
  }

  /** Removes the producer of a tensor that nobody reads, then producers that only it read. */
  #release(tensor: string): void {
    const orphans = [tensor];
    for (let name = orphans.pop(); name !== undefined; name = orphans.pop()) {
      const producer = this.producerOf(name);
      if (!producer || this.isOutput(name) || (this.#readers.get(name)?.size ?? 0) > 0) continue;
      this.#drop(producer);
      this.graph.tensors.delete(name);
      orphans.push(...producer.inputs);
    }
  }
}

function add(map: Map<string, Set<Node>>, key: string, node: Node): void {
  const nodes = map.get(key);
  if (nodes) nodes.add(node);
  else map.set(key, new Set([node]));
}
