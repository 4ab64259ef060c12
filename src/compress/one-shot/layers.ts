import { weightsOf, type Graph, type Node } from '../../graph/index.js';
import { centred, type Moments } from './moments.js';

/**
 * Where what a layer's outputs lose on average is given back: its bias, or the mean of the batch norm that alone reads it;
 * undefined where there is neither.
 */
export type Offset = { role: 'bias' | 'mean'; node: Node } | undefined;

export function offsetOf(graph: Graph, node: Node): Offset {
  if (node.weights.bias !== undefined) return { role: 'bias', node };
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(node.outputs[0]));
  const [norm] = readers;
  return readers.length === 1 && norm.op === 'batch_norm' ? { role: 'mean', node: norm } : undefined;
}

/** Moments around the means where the offset takes those up. */
export function momentsFor(offset: Offset, moments: Moments): Moments {
  return offset ? centred(moments) : moments;
}

/** Shifts a layer's outputs back to their means in the dense network, by new arrays. */
export function giveBackMeans(
  graph: Graph,
  offset: Offset,
  weights: Float32Array,
  { mean, target, groups, taps }: Moments,
): void {
  if (!offset) return;
  const weight = weightsOf(graph, offset.node)[offset.role];
  const outputs = target.length;
  weight.data = Float32Array.from(weight.data, (value, o) => {
    const start = Math.floor((o * groups) / outputs) * taps;
    let now = 0;
    for (let k = 0; k < taps; k++) now += weights[o * taps + k] * mean[start + k];
    return offset.role === 'bias' ? value + (target[o] - now) : value - (target[o] - now);
  });
}
