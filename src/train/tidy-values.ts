import { tidy } from '@tensorflow/tfjs-core';

/**
 * `tf.tidy` for what holds no tensor: of what `tf.tidy` itself returns, tfjs (4.22) looks for tensors in every element of every typed array, which
 * was half of LeNet-300-100's training step.
 */
export function tidyValues<T>(compute: () => T): T {
  let result!: T;
  tidy(() => {
    result = compute();
  });
  return result;
}
