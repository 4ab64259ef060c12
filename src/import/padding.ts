/** TensorFlow's SAME padding, which Keras, TFLite and tfjs share. */

/** Zeros before and after `length` elements, so that a window with this stride gives ceil(length / stride) outputs; the odd one comes after. */
export function samePadding(
  length: number,
  taps: number,
  stride: number,
  dilation = 1,
): [before: number, after: number] {
  const outputs = Math.ceil(length / stride);
  const total = Math.max(0, (outputs - 1) * stride + (taps - 1) * dilation + 1 - length);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
