/** What the training forwards share: tfjs tensors with a leading batch dimension, f32. */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from './arithmetic.js';

type ExplicitPads = [[number, number], [number, number], [number, number], [number, number]];

/** [top, left, bottom, right] as tfjs writes explicit padding of NHWC. */
export function explicitPads([top, left, bottom, right]: readonly number[]): ExplicitPads {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

export function applyActivation(x: tf.Tensor, activation: Activation): tf.Tensor {
  if (activation === 'relu') return tf.relu(x);
  return activation === 'relu6' ? tf.relu6(x) : x;
}

/** Adds the bias, where there is one, then applies the activation. */
export function biasAndActivation(
  x: tf.Tensor,
  bias: tf.Tensor | undefined,
  activation: Activation,
): tf.Tensor {
  return applyActivation(bias ? tf.add(x, bias) : x, activation);
}

/**
 * A kernel [KH, KW, I, O] with zeros between its taps, so that it needs no dilation: tfjs 4.22 has no gradient for
 * dilated convolutions, and none at all with both strides and dilations.
 */
export function dilateKernel(kernel: tf.Tensor4D, dilations: readonly [number, number]): tf.Tensor4D {
  if (dilations.every((step) => step === 1)) return kernel;
  const [rows, columns, inputs, outputs] = kernel.shape;
  const tall = spread(tf.reshape(kernel, [1, rows, columns * inputs * outputs]), dilations[0]);
  const wide = spread(tf.reshape(tall, [tall.shape[1], columns, inputs * outputs]), dilations[1]);
  return tf.reshape(wide, [wide.shape[0], wide.shape[1], inputs, outputs]);
}

/** [a, n, b] -> [a, (n - 1) * step + 1, b] */
function spread(x: tf.Tensor3D, step: number): tf.Tensor3D {
  if (step === 1) return x;
  const [a, n, b] = x.shape;
  const spaced = tf.pad(tf.reshape(x, [a * n, 1, b]), [
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  return tf.slice(tf.reshape(spaced, [a, n * step, b]), [0, 0, 0], [a, (n - 1) * step + 1, b]) as tf.Tensor3D;
}
