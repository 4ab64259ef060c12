import t from 'tap';
import { calibrate, quantizeGraph, refine } from '../../../src/compress/quantize/index.js';
import { patchesOf } from '../../../src/compress/quantize/patches.js';
import type { Graph } from '../../../src/graph/index.js';
import { runReference } from '../../../src/reference/run.js';
import { selectBackend, valuesOf } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 96, test: 32, seed: SEED });

const network = (): Graph =>
  new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1], activation: 'relu6' }, { kernel: [8, 3, 3, 2], bias: [8] })
    .add('depthwise_conv2d', { activation: 'relu6' }, { kernel: [8, 3, 3, 1], bias: [8] })
    .add('conv2d', { activation: 'relu' }, { kernel: [12, 1, 1, 8], bias: [12] })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 12], bias: [4] }).graph;

/** Sum of squared differences between the outputs of both on the test samples. */
function difference(a: Graph, b: Graph): number {
  const { scale = 1, offset = 0 } = data.preprocessing as { scale?: number; offset?: number };
  let sum = 0;
  for (let i = 0; i < data.test.count; i++) {
    const stored = valuesOf(data.test).subarray(72 * i, 72 * (i + 1));
    const x = Float32Array.from(stored, (pixel) => pixel * scale + offset);
    const [want] = runReference(a, [x]);
    const [got] = runReference(b, [x]);
    want.forEach((value, o) => (sum += (value - got[o]) ** 2));
  }
  return sum;
}

t.before(() => selectBackend({ prefer: 'wasm' }));

t.test('int8 is nearer to f32, the same each time, and zeros stay', async (t) => {
  const graph = network();
  const first = graph.weights.get(graph.nodes[2].weights.kernel)!;
  for (let i = 0; i < first.data.length; i += 3) first.data[i] = 0;
  const ranges = await calibrate(graph, data, {
    calibration: 'minmax',
    percentile: 99.99,
    samples: 96,
    seed: 1,
  });
  const quantized = (): Graph =>
    quantizeGraph(graph, ranges, { weights: { bits: 4, per: 'channel' }, float: [] });
  const [plain, refined, again] = [quantized(), quantized(), quantized()];
  const precisions = new Map(graph.nodes.map(({ name }) => [name, 4]));
  for (const each of [refined, again]) await refine(graph, each, data, { samples: 96, precisions, seed: 1 });
  const [before, after] = [difference(graph, plain), difference(graph, refined)];
  t.ok(after < 0.7 * before, `${after} of ${before}`);
  t.same([...again.weights.values()], [...refined.weights.values()]);
  const layer = refined.nodes.find(({ name }) => name === graph.nodes[2].name)!;
  const whole = refined.weights.get(layer.weights.kernel)!.data;
  t.ok(first.data.every((value, i) => value !== 0 || whole[i] === 0));
});

t.test('patches times kernel are the layer', async (t) => {
  const r = random();
  for (const [op, kernel, parts = 1] of [
    ['conv2d', [3, 3, 2, 2]],
    ['conv2d', [4, 3, 2, 1], 2],
    ['depthwise_conv2d', [2, 3, 2, 1]],
    ['dense', [3, 60]],
  ] as const) {
    const shape = op === 'dense' ? [60] : [6, 5, 2];
    const windows = { pads: [1, 0, 1, 1], strides: [2, 1], dilations: [1, 2] };
    const { graph } = new GraphBuilder(shape, 3).add(
      op,
      { ...(op !== 'dense' && windows), ...(parts > 1 && { groups: parts }) },
      { kernel: [...kernel] },
    );
    const x = Float32Array.from({ length: 60 }, () => r.normal());
    const [node] = graph.nodes;
    const output = graph.tensors.get(node.outputs[0])!.shape;
    const { data: patches, pixels, taps, groups } = patchesOf(node, x, shape, kernel, output);
    const w = graph.weights.get(node.weights.kernel)!.data;
    const [want] = runReference(graph, [x]);
    want.forEach((value, i) => {
      const [pixel, o] = [Math.floor(i / kernel[0]), i % kernel[0]];
      const from = (Math.floor((o * groups) / kernel[0]) * pixels + pixel) * taps;
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += w[o * taps + k] * patches[from + k];
      if (Math.abs(sum - value) > 1e-4) t.fail(`${op} [${i}]: ${sum}, not ${value}`);
    });
    t.equal(pixels * kernel[0], want.length, op);
  }
});
