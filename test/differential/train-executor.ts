/** The training forward: operators on tfjs tensors, by tfjs' plain backend. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Node } from '../../src/graph/graph.js';
import { tensorOf, weightsOf } from '../../src/graph/lookup.js';
import { viewOf } from '../../src/ops/check.js';
import type { Values } from '../../src/ops/op.js';
import { getOp } from '../../src/ops/table.js';
import { tfWeight } from '../helpers/forward.js';
import { layerNorm, moments, stretchedTo, sums, type Bound } from './bounds.js';
import type { Executor } from './executors.js';

const ROUNDING = 2 ** -24;

/** Where tfjs takes other steps than FORMAT.md. */
const TFJS_BOUNDS: Record<string, Bound> = {
  // a product with the matrix of fractions
  interpolate: sums(() => 2),
  // (r + b) % b: what r + b rounds to, which may be b
  floor_mod: (view, inputs) =>
    Float64Array.from(stretchedTo(view, inputs, 1), (b) => Math.abs(b) * (1 + 2 * ROUNDING)),
  // deviations from a mean that is rounded
  layer_norm: (view, inputs, want) => {
    const [{ shape }] = view.inputs;
    const n = shape.at(-1)!;
    return layerNorm(view, inputs, want).map((bound, i) => {
      const row = inputs[0].subarray(i - (i % n), i - (i % n) + n);
      const { mean, deviation, epsilon } = { ...moments(row), epsilon: view.attributes.epsilon as number };
      const gamma = Math.abs(view.weights.gamma?.data[i % n] ?? 1);
      return bound + ((n + 2) * ROUNDING * gamma * mean) / Math.hypot(deviation, Math.sqrt(epsilon));
    });
  },
};

/** Each f32 node by its `train`; int8, which training knows only as f32, by the reference. */
export const tfjs: Executor = {
  name: 'tfjs',
  nodesOnly: true,
  bounds: TFJS_BOUNDS,
  run({ graph }, samples) {
    return samples.map((sample) => {
      const values = new Map(graph.inputs.map((name, i) => [name, sample[i]]));
      for (const node of graph.nodes) values.set(node.outputs[0], run(graph, node, values));
      return graph.outputs.map((name) => values.get(name)!);
    });
  },
};

function run(graph: Graph, node: Node, values: Map<string, Values>): Values {
  const view = viewOf(graph, node);
  const read = node.inputs.map((name) => values.get(name)!);
  const { train, reference } = getOp(node.op);
  const float = [...view.inputs, ...view.outputs].every(({ dtype }) => dtype === 'f32');
  if (!train || !float) return reference(view, read, view.weights);
  return tf.tidy(() => {
    const weights = Object.entries(weightsOf(graph, node)).map(([role, weight]) => [
      role,
      tfWeight(graph, node, role, weight),
    ]);
    const output = train({
      node,
      attributes: view.attributes,
      inputs: node.inputs.map((name, i) => tf.tensor(read[i], [1, ...tensorOf(graph, name).shape])),
      weights: Object.fromEntries(weights) as Record<string, tf.Tensor>,
      outputShape: view.outputs[0].shape,
      training: false,
    });
    return Float32Array.from(output.dataSync());
  });
}
