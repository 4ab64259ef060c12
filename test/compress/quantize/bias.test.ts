import t from 'tap';
import { correctedBias } from '../../../src/compress/quantize/bias.js';
import type { Weight } from '../../../src/graph/index.js';

const kernel = (shape: number[], values: number[]): Weight => ({
  name: 'kernel',
  shape,
  dtype: 'f32',
  data: Float32Array.from(values),
  block: [1, 1],
});
const quantized = (scale: number[], data: number[]) => ({
  scale: Float32Array.from(scale),
  data: Int8Array.from(data),
});

t.test('what rounding takes from the mean output, the bias gives back', async (t) => {
  const dense = kernel([2, 2], [0.75, 1.25, -0.5, 2]);
  const found = correctedBias(
    Float32Array.of(0, 10),
    dense,
    quantized([1, 0.5], [1, 1, -1, 4]),
    Float32Array.of(4, 8),
  );
  t.same([...found], [(0.75 - 1) * 4 + (1.25 - 1) * 8, 10]);
});

t.test('each output of a depthwise kernel reads its own channel, with a multiplier too', async (t) => {
  const means = Float32Array.of(2, 4);
  const one = kernel([2, 1, 2, 1], [0.25, 0.5, 1.5, 1]);
  const rounded = quantized([1], [0, 1, 1, 1]);
  t.same([...correctedBias(new Float32Array(2), one, rounded, means)], [(0.25 - 0.5) * 2, 0.5 * 4]);
  const two = kernel([4, 1, 1, 1], [0.5, 0.25, 1.5, 1]);
  t.same([...correctedBias(new Float32Array(4), two, quantized([1], [0, 0, 1, 1]), means)], [1, 0.5, 2, 0]);
});

t.test('a convolution sums over taps and channels', async (t) => {
  const conv = kernel([1, 1, 2, 2], [0.5, 0.25, 0.5, 0.25]);
  const found = correctedBias(Float32Array.of(1), conv, quantized([1], [0, 0, 0, 0]), Float32Array.of(2, 4));
  t.same([...found], [1 + 2 * (1 + 1)]);
});
