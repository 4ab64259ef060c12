import t from 'tap';
import { ARCHITECTURES, buildArchitecture, samePads } from '../../src/bench/architectures/index.js';
import type { Graph } from '../../src/graph/index.js';
import { checkGraph } from '../../src/ops/check.js';

/** Weights of kernels and biases, and multiply-adds of one inference. */
function costOf(graph: Graph): { weights: number; multiplyAdds: number } {
  let multiplyAdds = 0;
  for (const node of graph.nodes) {
    const kernel = graph.weights.get(node.weights.kernel);
    if (!kernel) continue;
    const [rows = 1, columns = 1] =
      node.op === 'dense' ? [] : graph.tensors.get(node.outputs[0])!.shape.slice(0, 2);
    multiplyAdds += kernel.data.length * rows * columns;
  }
  const weights = [...graph.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  return { weights, multiplyAdds };
}

interface Published {
  input: number[];
  output: number[];
  /** As the source counts them, batch norms among them. */
  parameters: number;
  /** Parameters of the batch norms less the biases that fold them into a convolution that had none. */
  folded: number;
  /** Multiply-adds, in millions, as precisely as the source has them. */
  millions: number;
  tolerance: number;
}

const PUBLISHED: Record<keyof typeof ARCHITECTURES, Published> = {
  // Keras applications; 569 M: Howard et al. 2017, table 4. 10,944 channels of batch norm, four values each.
  'mobilenet-v1-1.0-224': {
    input: [224, 224, 3],
    output: [1000],
    parameters: 4_253_864,
    folded: 3 * 10_944,
    millions: 569,
    tolerance: 0.5,
  },
  // Keras applications; 300 M: Sandler et al. 2018, table 4.
  'mobilenet-v2-1.0-224': {
    input: [224, 224, 3],
    output: [1000],
    parameters: 3_538_984,
    folded: 3 * 17_056,
    millions: 300,
    tolerance: 1,
  },
  // MLPerf Tiny, visual wake words. Its convolutions have biases besides their batch norms, as the next three networks'.
  'mobilenet-v1-0.25-96': {
    input: [96, 96, 3],
    output: [2],
    parameters: 221_794,
    folded: 4 * 2_736,
    millions: 7.5,
    tolerance: 0.1,
  },
  // MLPerf Tiny, image classification.
  'resnet-8': {
    input: [32, 32, 3],
    output: [10],
    parameters: 78_666,
    folded: 4 * 240,
    millions: 12.5,
    tolerance: 0.1,
  },
  // MLPerf Tiny, keyword spotting.
  'ds-cnn': {
    input: [49, 10, 1],
    output: [12],
    parameters: 24_908,
    folded: 4 * 576,
    millions: 2.66,
    tolerance: 0.05,
  },
  // Han et al. 2015: 267 K.
  'lenet-300-100': {
    input: [784],
    output: [10],
    parameters: 266_610,
    folded: 0,
    millions: 0.2662,
    tolerance: 1e-4,
  },
  // MLPerf Tiny, anomaly detection.
  'ad-autoencoder': {
    input: [640],
    output: [640],
    parameters: 269_992,
    folded: 4 * 1_032,
    millions: 0.264,
    tolerance: 1e-3,
  },
  // torchvision, which counts two values a channel of batch norm; 4.09 G.
  'resnet-50-224': {
    input: [224, 224, 3],
    output: [1000],
    parameters: 25_557_032,
    folded: 26_560,
    millions: 4089,
    tolerance: 5,
  },
};

for (const [name, want] of Object.entries(PUBLISHED))
  t.test(`${name} is the published network`, async (t) => {
    const graph = buildArchitecture(name);
    checkGraph(graph);
    t.same(graph.tensors.get(graph.inputs[0])!.shape, want.input);
    t.same(graph.tensors.get(graph.outputs[0])!.shape, want.output);
    const { weights, multiplyAdds } = costOf(graph);
    t.equal(weights, want.parameters - want.folded);
    const millions = multiplyAdds / 1e6;
    t.ok(Math.abs(millions - want.millions) <= want.tolerance, `${millions} M multiply-adds`);
  });

t.test('a plain 1x1 layer of any size; other names are refused', async (t) => {
  const graph = buildArchitecture('pointwise-24-7');
  checkGraph(graph);
  t.equal(graph.nodes.length, 1);
  t.same(graph.tensors.get('pointwise')!.shape, [7, 7, 24]);
  for (const name of ['vgg-16', 'pointwise-0-7', 'pointwise-24', 'toString'])
    t.throws(() => buildArchitecture(name), { name: 'RangeError', message: new RegExp(`got '${name}'`) });
});

t.test("TensorFlow's SAME: the odd pixel goes behind", async (t) => {
  t.same(samePads(224, 3, 2), [0, 1]);
  t.same(samePads(7, 3, 2), [1, 1]);
  t.same(samePads(49, 10, 2), [4, 5]);
  t.same(samePads(10, 4, 2), [1, 1]);
  t.same(samePads(32, 1, 2), [0, 0]);
});
