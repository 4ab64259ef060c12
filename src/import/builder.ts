import {
  tensorOf,
  topologicalOrder,
  uniqueName,
  type Graph,
  type Node,
  type Quantization,
  type Weight,
} from '../graph/index.js';
import { inferShape } from '../ops/check.js';
import { getOp } from '../ops/table.js';

/** Builds a graph node by node; names that are taken get a number. */
export class GraphBuilder {
  private readonly graph: Graph = {
    inputs: [],
    outputs: [],
    tensors: new Map(),
    weights: new Map(),
    nodes: [],
    metadata: {},
  };

  input(name: string, shape: number[]): string {
    const unique = uniqueName(this.graph.tensors, name);
    this.graph.tensors.set(unique, { name: unique, shape, dtype: 'f32' });
    this.graph.inputs.push(unique);
    return unique;
  }

  shapeOf(tensor: string): number[] {
    return tensorOf(this.graph, tensor).shape;
  }

  /** Adds a weight under a name of its own; a name already there is the same weight, shared. */
  weight(name: string, shape: number[], make: () => Float32Array): string {
    if (!this.graph.weights.has(name)) {
      const weight: Weight = { name, shape, dtype: 'f32', data: make(), block: [1, 1] };
      this.graph.weights.set(name, weight);
    }
    return name;
  }

  /** Adds a weight under `name`, or that with a number where it is taken; its dtype is its array's. */
  data(name: string, shape: number[], data: Weight['data']): string {
    const unique = uniqueName(this.graph.weights, name);
    const dtype = data instanceof Float32Array ? 'f32' : data instanceof Int8Array ? 'i8' : 'i32';
    this.graph.weights.set(unique, { name: unique, shape, dtype, data, block: [1, 1] });
    return unique;
  }

  /** The scale and zero point of an int8 tensor. */
  quantizationOf(tensor: string): Quantization | undefined {
    return tensorOf(this.graph, tensor).quantization;
  }

  /**
   * Adds a node and the tensor that it writes, named like it.
   * @param shape of the output, for operators that leave it open
   * @param quantization of an int8 output; an operator that keeps its input's needs none
   * @throws RangeError where inputs, attributes and weights do not fit the operator
   */
  node(
    name: string,
    op: string,
    inputs: string[],
    attributes: Node['attributes'] = {},
    weights: Node['weights'] = {},
    shape?: number[],
    quantization?: Quantization,
  ): string {
    const unique = uniqueName(this.graph.tensors, name);
    const defaults = structuredClone(getOp(op).attributes) as Node['attributes'];
    const node: Node = {
      name: unique,
      op,
      inputs,
      outputs: [unique],
      attributes: { ...defaults, ...inF32(attributes) },
      weights,
    };
    const inferred = inferShape(this.graph, node);
    this.graph.nodes.push(node);
    const kept =
      getOp(op).keepsQuantization && inputs.length > 0 ? this.quantizationOf(inputs[0]) : undefined;
    const scale = quantization ?? kept;
    this.graph.tensors.set(unique, {
      name: unique,
      shape: shape ?? inferred,
      dtype: scale ? 'i8' : 'f32',
      ...(scale && { quantization: { ...scale } }),
    });
    return unique;
  }

  finish(outputs: string[], metadata: Graph['metadata']): Graph {
    this.graph.outputs = outputs;
    this.graph.metadata = metadata;
    this.graph.nodes = topologicalOrder(this.graph);
    return this.graph;
  }
}

/** A file holds fractions as f32. */
function inF32(attributes: Node['attributes']): Node['attributes'] {
  const entries = Object.entries(attributes).map(([key, value]) => {
    return [key, typeof value === 'number' && !Number.isInteger(value) ? Math.fround(value) : value] as const;
  });
  return Object.fromEntries(entries);
}
