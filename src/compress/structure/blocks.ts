import {
  consumersOf,
  copyGraph,
  elements,
  producerOf,
  removeNode,
  removeUnused,
  type Graph,
  type Node,
} from '../../graph/index.js';
import { nodeMacs } from '../../ops/macs.js';

/** What may be taken out of a network whole: a node whose output has its input's shape, or the branch beside a shortcut. */
export interface Removable {
  /** Of the node; of a branch, of the addition that ends it. */
  name: string;
  op: string;
  /** What its readers read instead: the node's input, or the shortcut. */
  input: string;
  output: string;
}

/**
 * Nodes that may be bypassed, and residual branches, in execution order. Additions are of a branch and a shortcut: the branch is
 * the one that multiplies more on its own; `add(x, f(x))` becomes `x`.
 */
export function removables(graph: Graph): Removable[] {
  const ancestors = ancestorsOf(graph);
  return graph.nodes.flatMap((node) => {
    const input = node.op === 'add' ? shortcutOf(graph, node, ancestors) : onlyInputOf(graph, node);
    if (input === undefined || !sameShape(graph, input, node.outputs[0])) return [];
    return [{ name: node.name, op: node.op, input, output: node.outputs[0] }];
  });
}

/** Of these, the ones that compute: branches, and layers with a kernel, but for what gives the outputs. */
export function layersAndBlocks(graph: Graph): Removable[] {
  const behind = ancestorsOf(graph);
  const kernels = graph.nodes.filter(({ weights }) => weights.kernel !== undefined);
  return removables(graph).filter(({ op, name }) => {
    const node = graph.nodes.find((other) => other.name === name)!;
    if (op !== 'add' && node.weights.kernel === undefined) return false;
    return kernels.some((later) => behind.get(later.outputs[0])!.has(node) && later !== node);
  });
}

/** By tensor: the nodes that it is computed by. */
type Ancestors = ReadonlyMap<string, ReadonlySet<Node>>;

function ancestorsOf(graph: Graph): Ancestors {
  const all = new Map<string, Set<Node>>(graph.inputs.map((name) => [name, new Set()]));
  for (const node of graph.nodes)
    all.set(node.outputs[0], new Set([node, ...node.inputs.flatMap((name) => [...all.get(name)!])]));
  return all;
}

function shortcutOf(graph: Graph, { inputs: [a, b] }: Node, ancestors: Ancestors): string | undefined {
  const work = (tensor: string, other: string): number => {
    const own = [...ancestors.get(tensor)!].filter((node) => !ancestors.get(other)!.has(node));
    return own.reduce((sum, node) => sum + nodeMacs(graph, node).macs, 0);
  };
  const [ofA, ofB] = [work(a, b), work(b, a)];
  if (ofA === ofB) return undefined;
  return ofA < ofB ? a : b;
}

function onlyInputOf(graph: Graph, { inputs }: Node): string | undefined {
  const flowing = inputs.filter((name) => producerOf(graph, name)?.op !== 'constant');
  return flowing.length === 1 ? flowing[0] : undefined;
}

function sameShape(graph: Graph, a: string, b: string): boolean {
  return `${graph.tensors.get(a)!.shape}` === `${graph.tensors.get(b)!.shape}`;
}

/**
 * A copy of the graph without a part of it. The activation of a layer or an addition stays; a batch norm that alone reads a layer
 * goes with it.
 */
export function takeOut(graph: Graph, { name, input }: Removable): Graph {
  const smaller = copyGraph(graph);
  const node = smaller.nodes.find((other) => other.name === name)!;
  const [reader, ...others] = consumersOf(smaller, node.outputs[0]);
  if (node.weights.kernel !== undefined && reader?.op === 'batch_norm' && others.length === 0)
    removeNode(smaller, reader);
  const { activation } = node.attributes;
  node.inputs = [input];
  node.weights = {};
  if (activation === 'relu' || activation === 'relu6')
    Object.assign(node, { op: activation, attributes: {} });
  else removeNode(smaller, node);
  removeUnused(smaller);
  return smaller;
}

/** Cosine of the angle between two activations of a sample. */
export function cosine(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += x[i] * y[i];
    xx += x[i] * x[i];
    yy += y[i] * y[i];
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

/** Values of one sample of a batch. */
export function sampleOf(values: Float32Array, shape: readonly number[], sample: number): Float32Array {
  const size = elements(shape);
  return values.subarray(sample * size, (sample + 1) * size);
}
