import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Quantization } from '../../graph/index.js';
import { createParameters, logitsOf, runNode, weightTensors } from '../../train/index.js';

/** What of an f32 graph is not as it was: weights' values by name, and tensors that are rounded to int8. */
export interface Changes {
  weights?: ReadonlyMap<string, Float32Array>;
  scales?: ReadonlyMap<string, Quantization>;
}

/**
 * Logits of an f32 graph under `changes`, on tfjs: what a quantized graph gives, up to the order of sums, several times as fast.
 *
 * @param x `[batch, ...input shape]`
 */
export function simulate(graph: Graph, x: tf.Tensor, { weights, scales }: Changes): Float32Array {
  const until = logitsOf(graph);
  return tf.tidy(() => {
    const tensors = weightTensors(createParameters(changedGraph(graph, weights)));
    const values = new Map([[graph.inputs[0], roundTo(x, scales?.get(graph.inputs[0]))]]);
    for (let index = 0; !values.has(until); index++) {
      const node = graph.nodes[index];
      const [name] = node.outputs;
      const output = tf.tidy(() =>
        roundTo(runNode(graph, node, index, values, tensors, {}), scales?.get(name)),
      );
      values.set(name, output);
      release(graph, index, values);
    }
    return values.get(until)!.dataSync() as Float32Array;
  });
}

function changedGraph(graph: Graph, weights: Changes['weights'] = new Map()): Graph {
  const changed = Array.from(graph.weights, ([name, weight]) => {
    return [name, { ...weight, data: weights.get(name) ?? weight.data }] as const;
  });
  return { ...graph, weights: new Map(changed) };
}

/** Drops what no later node reads. */
function release(graph: Graph, index: number, values: Map<string, tf.Tensor>): void {
  for (const name of graph.nodes[index].inputs) {
    if (name === graph.inputs[0] || graph.outputs.includes(name)) continue;
    if (graph.nodes.slice(index + 1).some(({ inputs }) => inputs.includes(name))) continue;
    values.get(name)?.dispose();
    values.delete(name);
  }
}

/** As int8 keeps the values. */
export function roundTo(x: tf.Tensor, quantization: Quantization | undefined): tf.Tensor {
  if (!quantization) return tf.clone(x);
  const { scale, zeroPoint } = quantization;
  return tf.tidy(() => {
    const whole = tf.clipByValue(tf.round(tf.div(x, scale)), -128 - zeroPoint, 127 - zeroPoint);
    return tf.mul(whole, scale);
  });
}
