/** Smaller graphs from a graph. What comes out may be no graph any more: `isValid` tells. */
import { elements, type Graph, type Node, type Tensor } from '../../../src/graph/graph.js';
import { checkGraph, inferShape } from '../../../src/ops/check.js';
import { getOp } from '../../../src/ops/table.js';
import type { Values } from '../../../src/ops/op.js';
import { referenceTensors } from '../../../src/reference/run.js';
import type { Case } from '../case.js';

type Numbers = Values | Int32Array;

/** Of the graph and its samples. */
export function isValid({ graph, samples }: Case): boolean {
  try {
    checkGraph(graph);
    const fits = (values: Values, i: number): boolean =>
      values.length === elements(graph.tensors.get(graph.inputs[i])!.shape);
    return graph.inputs.length > 0 && samples.every((sample) => sample.every(fits));
  } catch {
    return false;
  }
}

/** Only these nodes. What they read of others are inputs, with the values that it had. */
export function keepNodes(c: Case, nodes: Node[]): Case {
  const { graph } = c;
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const inputs = [...read].filter((name) => !made.has(name));
  const outputs = graph.outputs.filter((name) => made.has(name));
  outputs.push(...[...made].filter((name) => !read.has(name) && !outputs.includes(name)));
  // a constant alone
  if (inputs.length === 0) inputs.push(graph.inputs[0]);
  const values = c.samples.map((sample) => referenceTensors(graph, sample));
  const tensors = new Map([...inputs, ...made].map((name) => [name, graph.tensors.get(name)!]));
  const used = new Set(nodes.flatMap((node) => Object.values(node.weights)));
  const weights = new Map([...graph.weights].filter(([name]) => used.has(name)));
  return {
    ...c,
    graph: { ...graph, inputs, outputs, tensors, weights, nodes },
    samples: values.map((sample) => inputs.map((name) => sample.get(name)!)),
  };
}

/** The case with nodes whose shapes follow from what they read. */
export function reshape(c: Case, changes: Partial<Graph>): Case {
  const graph: Graph = { ...c.graph, ...changes };
  graph.tensors = new Map(graph.tensors);
  try {
    for (const node of graph.nodes) {
      const tensor = graph.tensors.get(node.outputs[0])!;
      const shape = inferShape(graph, node);
      const stays = getOp(node.op).freeShape && elements(shape) === elements(tensor.shape);
      if (!stays) graph.tensors.set(tensor.name, { ...tensor, shape });
    }
  } catch {
    // isValid says so
  }
  return { ...c, graph };
}

/** What is left of an axis: `from` .. `to - 1`. */
export interface Range {
  from: number;
  to: number;
}

export function cutAxis<T extends Numbers>(data: T, shape: number[], axis: number, { from, to }: Range): T {
  const inner = elements(shape.slice(axis + 1));
  const block = shape[axis] * inner;
  return data.filter((_, i) => i % block >= from * inner && i % block < to * inner) as T;
}

/** Which axes are cut, and to what. */
export type Cut = (name: string, shape: number[]) => { axis: number; range: Range }[];

/** Cuts inputs, with their samples, and weights. */
export function cutCase(c: Case, cut: Cut): Case {
  const { graph } = c;
  const tensors = new Map(graph.tensors);
  const weights = new Map(graph.weights);
  const samples = c.samples.map((sample) => [...sample]);
  graph.inputs.forEach((name, i) => {
    const tensor: Tensor = { ...graph.tensors.get(name)! };
    for (const { axis, range } of cut(name, tensor.shape)) {
      for (const sample of samples) sample[i] = cutAxis(sample[i], tensor.shape, axis, range);
      tensor.shape = tensor.shape.with(axis, range.to - range.from);
    }
    tensors.set(name, tensor);
  });
  for (const [name, weight] of graph.weights) {
    const next = { ...weight };
    for (const { axis, range } of cut(name, weight.shape)) {
      next.data = cutAxis(next.data, next.shape, axis, range);
      next.shape = next.shape.with(axis, range.to - range.from);
    }
    weights.set(name, next);
  }
  return reshape({ ...c, samples }, { tensors, weights });
}
