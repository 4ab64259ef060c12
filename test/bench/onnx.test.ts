import t from 'tap';
import { graphToOnnx } from '../../src/bench/onnx/from-graph.js';
import { openOrtWeb } from '../../src/bench/peers/ort-web.js';
import { inferShapes, network, type Layer } from './networks.js';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';

const NETWORKS: Record<string, { input: number[]; layers: Layer[] }> = {
  'the three layers of mnist-cnn': {
    input: [12, 12, 1],
    layers: [
      { op: 'conv2d', kernel: [5, 3, 3, 1], attributes: { activation: 'relu' } },
      { op: 'max_pool2d', attributes: { size: [2, 2], strides: [2, 2] } },
      { op: 'reshape', shape: [125] },
      { op: 'dense', kernel: [10, 125] },
      { op: 'softmax' },
    ],
  },
  'strides, dilation, uneven padding, relu6': {
    input: [9, 11, 3],
    layers: [
      {
        op: 'conv2d',
        kernel: [4, 3, 2, 3],
        attributes: { strides: [2, 2], pads: [0, 1, 1, 0], activation: 'relu6' },
      },
      { op: 'conv2d', kernel: [6, 2, 3, 4], attributes: { dilations: [2, 1], pads: [1, 1, 1, 1] } },
      { op: 'relu6' },
    ],
  },
  'depthwise, average pool, global pool': {
    input: [8, 8, 6],
    layers: [
      {
        op: 'depthwise_conv2d',
        kernel: [12, 3, 3, 1],
        attributes: { pads: [1, 1, 1, 1], activation: 'relu' },
      },
      { op: 'avg_pool2d', attributes: { size: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
      { op: 'global_avg_pool2d' },
      { op: 'dense', kernel: [7, 12], attributes: { activation: 'relu' } },
    ],
  },
  'an image made of a vector, flattened again for something that is no dense layer': {
    input: [24],
    layers: [
      { op: 'dense', kernel: [24, 24] },
      { op: 'reshape', shape: [2, 4, 3] },
      { op: 'conv2d', kernel: [5, 1, 1, 3] },
      { op: 'reshape', shape: [40] },
      { op: 'relu' },
    ],
  },
};

for (const [name, { input, layers }] of Object.entries(NETWORKS))
  t.test(`${name}: onnxruntime gives the reference's results (seed ${SEED})`, async (t) => {
    const source = random();
    const graph = inferShapes(network(input, layers, source));
    const x = Float32Array.from({ length: input.reduce((a, b) => a * b, 1) }, () => source.normal());
    const peer = await openOrtWeb({ path: '', graph }, x);
    const [want] = runReference(graph, [x]);
    const got = toChannelsLast(peer.output(), graph.tensors.get(graph.outputs[0])!.shape);
    t.equal(got.length, want.length);
    // Sums of at most 125 products near 1, at most three layers deep.
    const worst = Math.max(
      ...got.map((value, i) => Math.abs(value - want[i]) / Math.max(1, Math.abs(want[i]))),
    );
    t.ok(worst < 125 * 3 * 2 ** -24 * 8, `worst ${worst}`);
    peer.dispose();
  });

function toChannelsLast(values: Float32Array, shape: number[]): Float32Array {
  if (shape.length !== 3) return values;
  const [H, W, C] = shape;
  return values.map((_, i) => values[(i % C) * H * W + Math.floor(i / C)]);
}

t.test('what has no ONNX form is refused with a name', async (t) => {
  const graph = network([4], [{ op: 'dense', kernel: [4, 4] }], random());
  graph.nodes[0].op = 'quantize';
  t.throws(() => graphToOnnx(graph), { name: 'RangeError', message: /quantize has no ONNX form/ });
  const int8 = network([4], [{ op: 'dense', kernel: [4, 4] }], random());
  const kernel = int8.weights.get('0/kernel')!;
  Object.assign(kernel, { dtype: 'i8', data: new Int8Array(16) });
  t.throws(() => graphToOnnx(int8), { name: 'RangeError', message: /expected f32 weights for ONNX, got i8/ });
});
