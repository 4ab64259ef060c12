import '@tensorflow/tfjs'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../../src/graph/index.js';
import { runReference } from '../../src/reference/run.js';
import { trainForward } from '../helpers/forward.js';
import type { Random } from '../helpers/random.js';
import { absoluteSums, graphOf, inputsOf, normals, within, type Case } from './helpers.js';

/**
 * For an operator f that is linear in its first input: its gradient is its transpose, `<f'(dy), v> = <dy, f(v)>`. Each
 * side is a sum of products whose magnitudes sum to `<|dy|, f(|v|)>` with weights' magnitudes.
 */
export function checkTranspose(spec: Case, r: Random): void {
  const graph = graphOf(spec, r);
  const [v] = inputsOf(graph, r) as Float32Array[];
  const [f] = runReference(graph, [v]);
  const dy = normals(r, f.length);
  const gradient = gradientOf(graph, dy);
  const bound = dot(dy.map(Math.abs), absoluteSums(graph, [v]));
  const terms = v.length * f.length;
  within([dot(gradient, v)], [dot(dy, f)], () => (terms + 2) * 2 ** -24 * bound, JSON.stringify(spec));
}

/** The gradient of the graph's output, weighted with `dy`, by its input, at zero. */
function gradientOf(graph: Graph, dy: Float32Array): Float32Array {
  const batched = (name: string): number[] => [1, ...graph.tensors.get(name)!.shape];
  const f = (x: tf.Tensor): tf.Tensor => trainForward(graph, [x]).get('y')!;
  return tf.tidy(() => {
    const gradient = tf.grad(f)(tf.zeros(batched('x0')), tf.tensor(dy, batched('y')));
    return gradient.dataSync() as Float32Array;
  });
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}
