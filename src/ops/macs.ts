import { elements, type Graph, type Node } from '../graph/graph.js';
import { tensorOf, weightsOf } from '../graph/lookup.js';

/** Multiply-adds of one sample. */
export interface Macs {
  /** With every weight. */
  macs: number;
  /** With the weights that are not zero: what a sparse kernel does. */
  kept: number;
}

export interface LayerMacs extends Macs {
  name: string;
  op: string;
}

export interface MacCount extends Macs {
  /** The nodes that multiply, in execution order. */
  layers: LayerMacs[];
}

/**
 * Multiply-adds of the convolutions, products and recurrent layers; taps that read padding count, biases, batch norms,
 * activations and pools do not, as is usual (Canziani et al. 2016).
 */
export function countMacs(graph: Graph): MacCount {
  const layers = graph.nodes
    .map((node) => ({ name: node.name, op: node.op, ...nodeMacs(graph, node) }))
    .filter(({ macs }) => macs > 0);
  const sum = (key: keyof Macs): number => layers.reduce((total, layer) => total + layer[key], 0);
  return { macs: sum('macs'), kept: sum('kept'), layers };
}

/** Of one node; zeros for what has no products. */
export function nodeMacs(graph: Graph, node: Node): Macs {
  if (node.op === 'matmul') return productMacs(graph, node);
  const uses = usesOfWeight(graph, node);
  const total: Macs = { macs: 0, kept: 0 };
  const { kernel, recurrent } = weightsOf(graph, node);
  for (const weight of [kernel, recurrent]) {
    if (uses === 0 || !weight) continue;
    total.macs += uses * weight.data.length;
    total.kept += uses * countNonZero(weight.data);
  }
  return total;
}

/** How often each weight is multiplied: once an output of its row, but for steps of time, and pixels that scatter. */
function usesOfWeight(graph: Graph, { op, inputs, outputs, weights }: Node): number {
  const kernel = graph.weights.get(weights.kernel);
  if (!kernel) return 0;
  const input = tensorOf(graph, inputs[0]).shape;
  if (weights.recurrent !== undefined) return input[0];
  if (op === 'conv_transpose2d') return input[0] * input[1];
  return elements(tensorOf(graph, outputs[0]).shape) / kernel.shape[0];
}

/** `y[..,m,n] = sum_k a[..,m,k] * b[..,k,n]`: k products an output, none of them known to be zero. */
function productMacs(graph: Graph, { inputs, outputs, attributes }: Node): Macs {
  const left = tensorOf(graph, inputs[0]).shape;
  const inner = left[left.length - (attributes.transpose_a === 1 ? 2 : 1)];
  const macs = inner * elements(tensorOf(graph, outputs[0]).shape);
  return { macs, kept: macs };
}

function countNonZero(data: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) count++;
  return count;
}
