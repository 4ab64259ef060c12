import t from 'tap';
import { countMacs } from '../../src/ops/macs.js';
import { GraphBuilder, lenet5, perceptron } from '../helpers/graphs.js';

t.test('LeNet-300-100: one multiply-add a weight', async (t) => {
  const graph = perceptron();
  const count = countMacs(graph);
  t.same(
    count.layers.map(({ name, macs }) => [name, macs]),
    [
      ['fc1', 235200],
      ['fc2', 30000],
      ['logits', 1000],
    ],
  );
  t.equal(count.macs, 266200);
  t.equal(count.kept, 266200);
});

t.test("LeNet-5: the 2.3 million of Caffe's prototxt", async (t) => {
  t.equal(countMacs(lenet5()).macs, 24 * 24 * 500 + 8 * 8 * 25000 + 800 * 500 + 5000);
});

t.test('zeros are not kept', async (t) => {
  const graph = lenet5();
  const conv = graph.weights.get('conv1/kernel')!;
  conv.data.fill(0, 0, 100);
  const [first] = countMacs(graph).layers;
  t.same(first, { name: 'conv1', op: 'conv2d', macs: 288000, kept: 288000 - 576 * 100 });
});

t.test('depthwise, strided, transposed and recurrent layers, products', async (t) => {
  const { graph } = new GraphBuilder([8, 8, 4])
    .add('depthwise_conv2d', { strides: [2, 2], pads: [0, 0, 1, 1] }, { kernel: [4, 3, 3, 1] })
    .add('conv_transpose2d', { strides: [2, 2] }, { kernel: [5, 2, 2, 4] })
    .add('conv2d', { groups: 5 }, { kernel: [10, 1, 1, 1] })
    .add('reshape', {}, {}, { shape: [64, 10] })
    .add('lstm', {}, { kernel: [12, 10], recurrent: [12, 3] })
    .add('reshape', {}, {}, { shape: [1, 3], name: 'row' })
    .add('reshape', {}, {}, { shape: [3, 1], name: 'column' })
    .add('matmul', {}, {}, { inputs: ['column', 'row'] })
    .add('matmul', { transpose_a: 1 }, {}, { inputs: ['column', 'matmul7'] });
  t.same(
    countMacs(graph).layers.map(({ op, macs }) => [op, macs]),
    [
      ['depthwise_conv2d', 4 * 4 * 36],
      ['conv_transpose2d', 4 * 4 * 80],
      ['conv2d', 8 * 8 * 10],
      ['lstm', 64 * (120 + 36)],
      ['matmul', 9],
      ['matmul', 9],
    ],
  );
});
