import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { elements, type Graph, type Node } from '../../graph/index.js';
import { createParameters, forward, logitsOf, weightTensors } from '../../train/index.js';
import { mix, randomStream, type Random } from '../../train/random.js';
import type { WorkOptions } from './samples.js';

/** Activations that gradients keep, in values of a batch: as many samples as that allows. */
const MOST_VALUES = 2 ** 24;

/**
 * How much the network's answer changes with each output of its layers: `E[sum over pixels of (dL/dy)^2]`, with L the cross-entropy of a
 * class drawn from what the network itself says, so that no label is read. It is the diagonal of the Fisher information, and an error
 * `e` of outputs costs about `e^2 / 2` times it: errors of several layers become one unit (Theis et al. 2018; K-FAC, Martens and
 * Grosse 2015, factors in this way).
 * @param batches network input
 * @returns one number an output, by name of node, of the nodes with kernels
 */
export async function outputSensitivity(
  graph: Graph,
  batches: readonly Float32Array[],
  { seed, onProgress, signal }: WorkOptions & { seed: number },
): Promise<Map<string, Float64Array>> {
  const sums = new Map<string, Float64Array>();
  const random = randomStream(mix(seed, 7));
  const probe = new Probe(graph);
  const size = elements(graph.tensors.get(graph.inputs[0])!.shape);
  let samples = 0;
  try {
    for (const [done, batch] of batches.entries()) {
      for (let from = 0; from < batch.length; from += probe.batch * size) {
        signal?.throwIfAborted();
        const part = batch.subarray(from, from + probe.batch * size);
        probe.add(part, part.length / size, random, sums);
        samples += part.length / size;
        await setImmediate();
      }
      onProgress?.(done + 1, batches.length);
    }
  } finally {
    probe.dispose();
  }
  for (const each of sums.values()) for (let o = 0; o < each.length; o++) each[o] /= samples;
  return sums;
}

/** The graph with a shift, zero, added to each output of its layers: the gradient by it is that by the output. */
class Probe {
  /** Samples at once. */
  readonly batch: number;
  readonly #graph: Graph;
  readonly #layers: Node[];
  readonly #weights: Map<string, tf.Tensor>;
  readonly #logits: string;

  constructor(graph: Graph) {
    this.#layers = graph.nodes.filter(({ weights }) => weights.kernel !== undefined);
    const probed = graph.nodes.map((node) =>
      this.#layers.includes(node) ? { ...node, weights: { ...node.weights, bias: shiftOf(node) } } : node,
    );
    this.#graph = { ...graph, nodes: probed };
    this.#weights = weightTensors(createParameters(graph));
    this.#logits = logitsOf(graph);
    const values = graph.nodes.reduce(
      (sum, { outputs }) => sum + elements(graph.tensors.get(outputs[0])!.shape),
      0,
    );
    this.batch = Math.max(1, Math.floor(MOST_VALUES / values));
  }

  add(values: Float32Array, count: number, random: Random, sums: Map<string, Float64Array>): void {
    tf.tidy(() => {
      const shape = this.#graph.tensors.get(this.#graph.inputs[0])!.shape;
      const x = tf.tensor(values, [count, ...shape], 'float32');
      const shifts = this.#layers.map(({ outputs }) =>
        tf.zeros([count, ...this.#graph.tensors.get(outputs[0])!.shape]),
      );
      const gradients = tf.grads((...each: tf.Tensor[]) => this.#loss(x, each, random))(shifts);
      gradients.forEach((gradient, i) => this.#accumulate(this.#layers[i], gradient, sums));
    });
  }

  #loss(x: tf.Tensor, shifts: tf.Tensor[], random: Random): tf.Scalar {
    const weights = new Map(this.#weights);
    this.#layers.forEach((node, i) => {
      const { bias } = node.weights;
      weights.set(shiftOf(node), bias ? tf.add(shifts[i], weights.get(bias)!) : shifts[i]);
    });
    const logits = forward(this.#graph, weights, x, { until: this.#logits });
    const scores = tf.logSoftmax(tf.reshape(logits, [x.shape[0]!, -1]));
    const drawn = drawClasses(scores, random);
    return tf.neg(tf.sum(tf.mul(scores, drawn)) as tf.Scalar);
  }

  #accumulate(node: Node, gradient: tf.Tensor, sums: Map<string, Float64Array>): void {
    const outputs = gradient.shape.at(-1)!;
    const squares = tf.sum(tf.square(tf.reshape(gradient, [-1, outputs])), 0).dataSync();
    const sum = sums.get(node.name) ?? new Float64Array(outputs);
    sums.set(node.name, sum);
    for (let o = 0; o < outputs; o++) sum[o] += squares[o];
  }

  dispose(): void {
    tf.dispose([...this.#weights.values()]);
  }
}

function shiftOf({ name }: Node): string {
  return `${name}/shift of outputs`;
}

/** One of each sample's classes, as likely as its score says: `[samples, classes]` of zeros and ones. */
function drawClasses(logScores: tf.Tensor, random: Random): tf.Tensor {
  const [samples, classes] = logScores.shape as [number, number];
  const logs = logScores.dataSync();
  const drawn = new Float32Array(samples * classes);
  for (let sample = 0; sample < samples; sample++) {
    let rest = random();
    let drawnClass = 0;
    for (; drawnClass < classes - 1; drawnClass++) {
      rest -= Math.exp(logs[sample * classes + drawnClass]);
      if (rest < 0) break;
    }
    drawn[sample * classes + drawnClass] = 1;
  }
  return tf.tensor(drawn, [samples, classes], 'float32');
}
