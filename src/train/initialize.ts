import { cloneGraph, elements, type Graph } from '../graph/index.js';
import { isKernel, isTrainable } from './parameters.js';
import { mix, randomStream } from './random.js';

const STATISTICS = ['mean', 'variance'];

/**
 * A copy of the graph with fresh weights: kernels uniform in +-sqrt(6 / (fan in + fan out)) (Glorot and Bengio 2010, the
 * default of Keras), gamma and variance 1, the rest 0; constants stay. The same for the same seed.
 */
export function initialize(graph: Graph, seed: number): Graph {
  const fresh = cloneGraph(graph);
  let index = 0;
  for (const weight of fresh.weights.values()) {
    const role = roleOf(fresh, weight.name);
    if (role !== undefined && !isTrainable(role) && !STATISTICS.includes(role)) continue;
    const random = randomStream(mix(seed, 4, index++));
    const data = new Float32Array(elements(weight.shape));
    if (role !== undefined && isKernel(role)) {
      const limit = glorotLimit(weight.shape);
      for (let i = 0; i < data.length; i++) data[i] = (2 * random() - 1) * limit;
    } else if (role === 'gamma' || role === 'variance') data.fill(1);
    weight.data = data;
  }
  return fresh;
}

/** Of a kernel `[outputs, ...taps, inputs]`: each output sums taps * inputs values, each input feeds taps * outputs. */
function glorotLimit(shape: readonly number[]): number {
  const [outputs, ...rest] = shape;
  const fanIn = elements(rest);
  const taps = fanIn / rest[rest.length - 1];
  return Math.sqrt(6 / (fanIn + taps * outputs));
}

function roleOf(graph: Graph, weight: string): string | undefined {
  const roles = graph.nodes.flatMap((node) => Object.entries(node.weights));
  return roles.find(([, name]) => name === weight)?.[0];
}
