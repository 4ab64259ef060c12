/** Moves in the training forward: elements by position, with the scatter that is their gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { elements } from '../graph/graph.js';

/** Each sample's elements at `positions`, in `shape` (without batch). */
export function takeEach(x: tf.Tensor, positions: Int32Array, shape: readonly number[]): tf.Tensor {
  const [batch] = x.shape;
  const sample = x.size / batch;
  const all = new Int32Array(batch * positions.length);
  for (let b = 0, at = 0; b < batch; b++) {
    for (let i = 0; i < positions.length; i++) all[at++] = b * sample + positions[i];
  }
  return take(x, all, [batch, ...shape]);
}

/**
 * `y[i] = x[positions[i]]` over all elements of the batch. Not tfjs' own gradient of gather (4.22), which on its
 * plain backend runs once over all of dy for each element of x.
 */
export function take(x: tf.Tensor, positions: Int32Array, shape: readonly number[]): tf.Tensor {
  const f = tf.customGrad((input) => ({
    value: tf.reshape(tf.gather(tf.reshape(input as tf.Tensor, [-1]), positions), [...shape]),
    gradFunc: (dy: tf.Tensor) => scatter(dy, positions, x.shape),
  }));
  return f(x);
}

/** `dx[positions[i]] += dy[i]` */
function scatter(dy: tf.Tensor, positions: Int32Array, shape: number[]): tf.Tensor {
  const dx = new Float32Array(elements(shape));
  const values = dy.dataSync();
  for (let i = 0; i < positions.length; i++) dx[positions[i]] += values[i];
  return tf.tensor(dx, shape);
}

/** `f(inputs)` with a gradient of zero, where tfjs has none and would refuse to train: comparisons, indices. */
export function constantGradient(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  ...inputs: tf.Tensor[]
): tf.Tensor {
  const flat = tf.customGrad((...args) => {
    const tensors = args.slice(0, inputs.length) as tf.Tensor[];
    return {
      value: tf.cast(f(...tensors), 'float32'),
      gradFunc: () => inputs.map(({ shape }) => tf.zeros(shape)),
    };
  });
  return flat(...inputs);
}
