import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { elements } from '../../src/graph/index.js';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { productsOf, randomGrouped, unbiased } from './convolutions.js';
import { checkTranspose } from './gradients.js';
import {
  absoluteSums,
  compareTraining,
  graphOf,
  inputsOf,
  normals,
  sumBound,
  within,
  type Case,
} from './helpers.js';

const op = 'conv_transpose2d';

t.test('a hand-computed example: strides, pads, output padding, bias', async (t) => {
  const graph = graphOf({
    op,
    inputs: [[1, 2, 1]],
    attributes: { strides: [1, 2], pads: [0, 1, 0, 0], output_padding: [0, 1] },
    weights: {
      kernel: { shape: [1, 1, 3, 1], data: [1, 2, 3] },
      bias: { shape: [1], data: [0.5] },
    },
  });
  // 10 * [1 2 3] at 0 and 20 * [1 2 3] at 2: 10 20 50 40 60, one cut from the left, one zero after.
  t.same(graph.tensors.get('y')!.shape, [1, 5, 1]);
  t.same([...runReference(graph, [Float32Array.of(10, 20)])[0]], [20.5, 50.5, 40.5, 60.5, 0.5]);
});

t.test(`by the transposed rule: y[p] is read from x (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 40; i++) {
    const spec = randomGrouped(r, op);
    const graph = graphOf(spec, r);
    const inputs = inputsOf(graph, r);
    const [got] = runReference(graph, inputs);
    const weights = Object.fromEntries([...graph.weights].map(([role, { data }]) => [role, data]));
    const want = naive(spec, inputs[0], weights, graph.tensors.get('y')!.shape);
    within(got, want, sumBound(productsOf(spec), absoluteSums(graph, inputs)), JSON.stringify(spec));
  }
});

/** Each output gathers the taps that hit it. */
function naive(
  { inputs: [[height, width]], attributes, weights }: Case,
  x: ArrayLike<number>,
  data: Record<string, ArrayLike<number>>,
  [tall, wide, outputs]: number[],
): number[] {
  const { strides, dilations, pads } = attributes as Record<string, number[]>;
  const [, rows, columns, channels] = weights!.kernel.shape;
  const groups = attributes!.groups as number;
  return Array.from({ length: tall * wide * outputs }, (_, at) => {
    const o = at % outputs;
    const [oy, ox] = [Math.floor(at / outputs / wide), Math.floor(at / outputs) % wide];
    let sum = data.bias[o];
    for (let ky = 0; ky < rows; ky++) {
      for (let kx = 0; kx < columns; kx++) {
        const iy = (oy + pads[0] - ky * dilations[0]) / strides[0];
        const ix = (ox + pads[1] - kx * dilations[1]) / strides[1];
        if (!Number.isInteger(iy) || !Number.isInteger(ix)) continue;
        if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
        for (let c = 0; c < channels; c++) {
          const group = Math.floor(o / (outputs / groups));
          const w = data.kernel[((o * rows + ky) * columns + kx) * channels + c];
          sum += w * x[(iy * width + ix) * groups * channels + group * channels + c];
        }
      }
    }
    if (attributes!.activation === 'linear') return sum;
    return Math.min(Math.max(sum, 0), attributes!.activation === 'relu6' ? 6 : Infinity);
  });
}

t.test(`as tf.conv2dTranspose, valid and same (SEED=${SEED})`, async (t) => {
  const r = random();
  for (const padding of ['valid', 'same'] as const) {
    for (const stride of [1, 2, 3]) {
      const [rows, outputs, channels] = [3, 4, 2];
      const kernel = normals(r, outputs * rows * rows * channels);
      const length = padding === 'same' ? 5 * stride : 4 * stride + rows;
      const cut = Math.max(0, 4 * stride + rows - length);
      const before = Math.floor(cut / 2);
      const pads = [before, before, cut - before, cut - before];
      const extra = Math.max(0, length - 4 * stride - rows);
      const graph = graphOf({
        op,
        inputs: [[5, 5, channels]],
        attributes: { strides: [stride, stride], pads, output_padding: [extra, extra] },
        weights: { kernel: { shape: [outputs, rows, rows, channels], data: kernel } },
      });
      const inputs = inputsOf(graph, r) as Float32Array[];
      const filter = tf.transpose(tf.tensor4d(kernel, [outputs, rows, rows, channels]), [1, 2, 0, 3]);
      const x = tf.tensor4d(inputs[0], [1, 5, 5, channels]);
      const y = tf.conv2dTranspose(x, filter as tf.Tensor4D, [1, length, length, outputs], stride, padding);
      t.same(graph.tensors.get('y')!.shape, y.shape.slice(1));
      const bound = sumBound(elements([rows, rows, channels]), absoluteSums(graph, inputs));
      within(runReference(graph, inputs)[0], y.dataSync(), bound, `${padding} ${stride}`);
    }
  }
});

t.test(`training forward equals the reference; its gradient is its transpose (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 40; i++) {
    const spec = randomGrouped(r, op);
    compareTraining(spec, productsOf(spec), r);
    if (i < 20) checkTranspose(unbiased(spec), r);
  }
});

t.test('what is refused', async (t) => {
  const kernel = { shape: [4, 2, 2, 2] };
  const refused = (more: Partial<Case>, message: RegExp): void => {
    const spec = { op, inputs: [[3, 3, 2]], weights: { kernel }, ...more };
    t.throws(() => graphOf(spec, random()), { name: 'RangeError', message });
  };
  refused({ inputs: [[3, 3, 4]] }, /kernel: expected 4 input channels, got \[4,2,2,2\]/);
  refused(
    { inputs: [[3, 3, 4]], attributes: { groups: 3 } },
    /groups: expected to divide 4 channels and 4 outputs/,
  );
  refused(
    { attributes: { pads: [2, 0, 2, 0] } },
    /pads: expected to leave some .* got \[2,0,2,0\], which leave \[0,4\]/,
  );
  refused(
    { attributes: { output_padding: [-1, 0] } },
    /output_padding: expected 2 whole numbers of at least 0/,
  );
});
