import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { elements, tensorOf, type Graph, type Node, type Weight } from '../../src/graph/index.js';
import { attributesOf } from '../../src/ops/check.js';
import type { TrainContext } from '../../src/ops/op.js';
import { getOp } from '../../src/ops/table.js';

/** A weight as a tfjs tensor in the layout that its operator's `train` takes. */
export function tfWeight(graph: Graph, node: Node, role: string, weight: Weight): tf.Tensor {
  const layout = getOp(node.op).tfLayout?.(role, weight.shape, tensorOf(graph, node.inputs[0]).shape);
  const tensor = tf.tensor(weight.data as Float32Array, weight.shape);
  return layout ? tf.reshape(tf.transpose(tensor, layout.permutation), layout.shape) : tensor;
}

/** Runs the graph by its operators' `train` on tfjs tensors with a leading batch dimension; gives every activation. */
export function trainForward(
  graph: Graph,
  inputs: tf.Tensor[],
  context: Partial<TrainContext> = {},
): Map<string, tf.Tensor> {
  const values = new Map(graph.inputs.map((name, i) => [name, inputs[i]]));
  for (const node of graph.nodes) {
    const weights = Object.entries(node.weights).map(([role, name]) => {
      return [role, tfWeight(graph, node, role, graph.weights.get(name)!)] as const;
    });
    const output = getOp(node.op).train!({
      node,
      attributes: attributesOf(node),
      inputs: node.inputs.map((name) => values.get(name)!),
      weights: Object.fromEntries(weights),
      outputShape: tensorOf(graph, node.outputs[0]).shape,
      training: false,
      ...context,
    });
    values.set(node.outputs[0], output);
  }
  return values;
}

/** `trainForward` of one sample: arrays in, the graph's outputs out. */
export function trainForwardArrays(graph: Graph, inputs: Float32Array[]): Float32Array[] {
  const tensors = graph.inputs.map((name, i) => {
    const { shape } = tensorOf(graph, name);
    return tf.tensor(inputs[i].subarray(0, elements(shape)), [1, ...shape]);
  });
  const values = trainForward(graph, tensors);
  return graph.outputs.map((name) => values.get(name)!.dataSync() as Float32Array);
}
