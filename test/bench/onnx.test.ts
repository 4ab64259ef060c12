import t from 'tap';
import { graphToOnnx } from '../../src/bench/onnx/from-graph.js';
import { NODE_PEERS } from '../../src/bench/peers/node.js';
import { inferShapes, network, type Layer } from './networks.js';
import { relativeDistance } from '../../src/bench/agreement.js';
import { int8GraphToOnnx } from '../../src/bench/onnx/from-int8-graph.js';
import { quantizeGraph } from '../../src/compress/quantize/index.js';
import { referenceTensors, runReference } from '../../src/reference/run.js';
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
    const peer = await NODE_PEERS['ort-web']!({ graph }, x, 1);
    const [want] = runReference(graph, [x]);
    const got = peer.output();
    t.equal(got.length, want.length);
    // Sums of at most 125 products near 1, at most three layers deep.
    const worst = Math.max(
      ...got.map((value, i) => Math.abs(value - want[i]) / Math.max(1, Math.abs(want[i]))),
    );
    t.ok(worst < 125 * 3 * 2 ** -24 * 8, `worst ${worst}`);
    peer.dispose();
  });

/** int8 graphs whose ranges hold their activations: what `compress` writes. */
const INT8: Record<string, { input: number[]; layers: Layer[] }> = {
  'convolutions, maximum, flattened, dense': {
    input: [12, 12, 2],
    layers: [
      {
        op: 'conv2d',
        kernel: [6, 3, 3, 2],
        attributes: { strides: [2, 1], pads: [0, 1, 1, 0], activation: 'relu' },
      },
      {
        op: 'depthwise_conv2d',
        kernel: [6, 3, 3, 1],
        attributes: { pads: [1, 1, 1, 1], activation: 'relu6' },
      },
      { op: 'max_pool2d', attributes: { size: [2, 2], strides: [2, 2] } },
      { op: 'conv2d', kernel: [5, 1, 1, 6] },
      { op: 'reshape', shape: [75] },
      { op: 'dense', kernel: [9, 75], attributes: { activation: 'relu' } },
      { op: 'dense', kernel: [7, 9] },
    ],
  },
  'an image comes out': {
    input: [6, 5, 4],
    layers: [{ op: 'conv2d', kernel: [3, 1, 1, 4], attributes: { activation: 'relu' } }],
  },
};

for (const [name, { input, layers }] of Object.entries(INT8))
  t.test(`int8, ${name}: within a step of the reference (seed ${SEED})`, async (t) => {
    const source = random();
    const graph = inferShapes(network(input, layers, source));
    const x = Float32Array.from({ length: input.reduce((a, b) => a * b, 1) }, () => source.normal());
    const ranges = new Map(
      [...referenceTensors(graph, [x])].map(([tensor, values]) => [
        tensor,
        { min: Math.min(...values), max: Math.max(...values) },
      ]),
    );
    // What relu6 never reaches is no reason for a range of its own.
    for (const node of graph.nodes)
      if (node.attributes.activation === 'relu6') ranges.set(node.outputs[0], { min: 0, max: 6 });
    const int8 = quantizeGraph(graph, ranges, { weights: { bits: 8, per: 'channel' }, float: [] });
    const peer = await NODE_PEERS['ort-web-int8']!({ graph, int8 }, x, 1);
    const [want] = runReference(int8, [x]);
    const got = peer.output();
    const { scale } = int8.tensors.get(graph.outputs[0])!.quantization ?? {};
    // Scores are f32 sums of int8 products; an input one step off moves one by at most its weight.
    const step = scale ?? Math.max(...want.map(Math.abs)) / 64;
    const worst = Math.max(...want.map((value, i) => Math.abs(value - got[i])));
    t.equal(got.length, want.length);
    t.ok(worst <= step * 1.001, `worst ${worst}, a step is ${step}`);
    peer.dispose();
  });

t.test('batches: each sample as if it were alone', async (t) => {
  const source = random();
  const graph = inferShapes(
    network([6, 6, 3], [{ op: 'conv2d', kernel: [4, 3, 3, 3] }, { op: 'relu' }], source),
  );
  const samples = [0, 1, 2].map(() => Float32Array.from({ length: 108 }, () => source.normal()));
  const all = Float32Array.from(samples.flatMap((sample) => [...sample]));
  for (const name of ['tfjs-wasm', 'ort-web'] as const) {
    const peer = await NODE_PEERS[name]!({ graph }, all, 3);
    const got = peer.output().slice();
    peer.dispose();
    for (const [i, sample] of samples.entries()) {
      const [want] = runReference(graph, [sample]);
      const part = got.subarray(i * want.length, (i + 1) * want.length);
      t.ok(relativeDistance(part, want as Float32Array) < 1e-6, `${name}, sample ${i}`);
    }
  }
});

t.test('int8: a range that does not hold the activation is refused', async (t) => {
  const graph = inferShapes(
    network(
      [4, 4, 2],
      [{ op: 'conv2d', kernel: [2, 1, 1, 2], attributes: { activation: 'relu' } }],
      random(),
    ),
  );
  const range = { min: -1, max: 1 };
  const ranges = new Map([...graph.tensors.keys()].map((tensor) => [tensor, range]));
  const int8 = quantizeGraph(graph, ranges, { weights: { bits: 8, per: 'channel' }, float: [] });
  t.throws(() => int8GraphToOnnx(int8), { name: 'RangeError', message: /0 and more for relu/ });
  t.throws(() => int8GraphToOnnx(graph), { name: 'RangeError', message: /expected int8/ });
});

t.test('what has no ONNX form is refused with a name', async (t) => {
  const graph = network([4], [{ op: 'dense', kernel: [4, 4] }], random());
  graph.nodes[0].op = 'quantize';
  t.throws(() => graphToOnnx(graph), { name: 'RangeError', message: /quantize has no ONNX form/ });
  const int8 = network([4], [{ op: 'dense', kernel: [4, 4] }], random());
  const kernel = int8.weights.get('0/kernel')!;
  Object.assign(kernel, { dtype: 'i8', data: new Int8Array(16) });
  t.throws(() => graphToOnnx(int8), { name: 'RangeError', message: /expected f32 weights for ONNX, got i8/ });
});
