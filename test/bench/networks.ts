import type { Attribute, Graph, Node } from '../../src/graph/index.js';
import { viewOf } from '../../src/ops/check.js';
import { getOp } from '../../src/ops/table.js';
import type { Random } from '../helpers/random.js';

/** One layer of a chain. */
export interface Layer {
  op: string;
  /** Shape of the kernel; a bias goes with it. */
  kernel?: number[];
  attributes?: Record<string, Attribute>;
  /** Of the output, for reshape. */
  shape?: number[];
}

const size = (shape: number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** A chain of f32 layers with normal weights; tensors are `x`, `t0`, `t1`, ..., weights `0/kernel`, `0/bias`, ... */
export function network(input: number[], layers: readonly Layer[], random: Random): Graph {
  const last = `t${layers.length - 1}`;
  const tensors: Graph['tensors'] = new Map([['x', { name: 'x', shape: input, dtype: 'f32' }]]);
  const graph: Graph = {
    inputs: ['x'],
    outputs: [last],
    tensors,
    weights: new Map(),
    nodes: [],
    metadata: {},
  };
  for (const [i, { op, kernel, attributes = {}, shape = [] }] of layers.entries()) {
    const weights: Node['weights'] = {};
    const roles = kernel ? { kernel, bias: [kernel[0]] } : {};
    for (const [role, dims] of Object.entries(roles)) {
      const name = `${i}/${role}`;
      const scale = 1 / Math.sqrt(size(dims) / dims[0]);
      const data = Float32Array.from({ length: size(dims) }, () => scale * random.normal());
      graph.weights.set(name, { name, shape: dims, dtype: 'f32', data, block: [1, 1] });
      weights[role] = name;
    }
    tensors.set(`t${i}`, { name: `t${i}`, shape, dtype: 'f32' });
    graph.nodes.push({
      name: `n${i}`,
      op,
      inputs: [i === 0 ? 'x' : `t${i - 1}`],
      outputs: [`t${i}`],
      attributes,
      weights,
    });
  }
  return graph;
}

/** Fills in the shapes of all tensors but reshaped ones. */
export function inferShapes(graph: Graph): Graph {
  for (const node of graph.nodes)
    if (node.op !== 'reshape')
      graph.tensors.get(node.outputs[0])!.shape = getOp(node.op).inferShape(viewOf(graph, node));
  return graph;
}
