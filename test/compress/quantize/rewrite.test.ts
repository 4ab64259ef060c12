import t from 'tap';
import { quantizeGraph, type Range } from '../../../src/compress/quantize/index.js';
import { elements, type Graph } from '../../../src/graph/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { referenceTensors, runReference } from '../../../src/reference/run.js';
import { GraphBuilder, perceptron } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';

const { normal } = random();
const options = { weights: { bits: 8, per: 'channel' }, float: [] as string[] } as const;

const sample = (graph: Graph): Float32Array =>
  Float32Array.from({ length: elements(graph.tensors.get('input')!.shape) }, normal);

/** Min-max over the samples. */
function rangesOf(graph: Graph, samples: Float32Array[]): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const x of samples) {
    for (const [name, values] of referenceTensors(graph, [x])) {
      const { min, max } = ranges.get(name) ?? { min: Infinity, max: -Infinity };
      ranges.set(name, { min: Math.min(min, ...values), max: Math.max(max, ...values) });
    }
  }
  return ranges;
}

const samplesOf = (graph: Graph): Float32Array[] => Array.from({ length: 20 }, () => sample(graph));
const ops = (graph: Graph): string => graph.nodes.map(({ op }) => op).join(' ');
const dtypes = (graph: Graph): Record<string, string> =>
  Object.fromEntries(graph.nodes.map(({ name, outputs }) => [name, graph.tensors.get(outputs[0])!.dtype]));

/** Signal to quantization noise of the outputs, in dB: 6 dB a bit. */
function signalToNoise(graph: Graph, quantized: Graph, samples: Float32Array[]): number {
  let [signal, noise] = [0, 0];
  for (const x of samples) {
    const want = runReference(graph, [x])[0] as Float32Array;
    const got = runReference(quantized, [x])[0] as Float32Array;
    want.forEach((value, i) => {
      signal += value ** 2;
      noise += (value - got[i]) ** 2;
    });
  }
  return 10 * Math.log10(signal / noise);
}

const residual = (): Graph =>
  new GraphBuilder([8, 8, 3], SEED)
    .add(
      'conv2d',
      { pads: [1, 1, 1, 1], activation: 'relu' },
      { kernel: [6, 3, 3, 3], bias: [6] },
      { name: 'conv' },
    )
    .add('max_pool2d', { size: [2, 2], strides: [2, 2] }, {}, { name: 'pool' })
    .add('depthwise_conv2d', { pads: [1, 1, 1, 1] }, { kernel: [6, 3, 3, 1] }, { name: 'dw' })
    .add('add', { activation: 'relu6' }, {}, { name: 'sum', inputs: ['pool', 'dw'] })
    .add('avg_pool2d', { size: [2, 2], strides: [2, 2] }, {}, { name: 'average' })
    .add('reshape', {}, {}, { name: 'flat', shape: [24] })
    .add('dense', {}, { kernel: [5, 24], bias: [5] }, { name: 'fc' }).graph;

t.test(`a whole network: int8 inside, f32 outside, close to what it was (SEED=${SEED})`, (t) => {
  const graph = residual();
  const before = structuredClone(graph);
  const samples = samplesOf(graph);
  const quantized = quantizeGraph(graph, rangesOf(graph, samples), options);
  t.same(graph, before, 'the original stays');
  t.equal(ops(quantized), 'quantize conv2d max_pool2d depthwise_conv2d add avg_pool2d reshape dense');
  t.same(quantized.outputs, ['fc']);
  t.match(dtypes(quantized), {
    conv: 'i8',
    pool: 'i8',
    dw: 'i8',
    sum: 'i8',
    average: 'i8',
    flat: 'i8',
    fc: 'f32',
  });
  const conv = quantized.tensors.get('conv')!.quantization;
  t.same(quantized.tensors.get('pool')!.quantization, conv, "a pool keeps its input's scale");
  const quality = signalToNoise(graph, quantized, samples);
  t.ok(quality > 28, `${quality} dB`);
  t.end();
});

t.test('fewer bits, coarser; never clipped', (t) => {
  const graph = residual();
  const samples = samplesOf(graph);
  const ranges = rangesOf(graph, samples);
  const quality = [8, 6, 4].map((bits) => {
    const weights = { bits, per: 'channel' } as const;
    return signalToNoise(graph, quantizeGraph(graph, ranges, { weights, float: [] }), samples);
  });
  t.ok(quality[0] > quality[1] && quality[1] > quality[2], quality.join(', '));
  t.ok(quality[2] > 6, quality.join(', '));
  t.end();
});

t.test('softmax reads the f32 scores of the last dense layer', (t) => {
  const graph = perceptron([6], [3, 3, 1], 4);
  const quantized = quantizeGraph(graph, rangesOf(graph, samplesOf(graph)), options);
  t.equal(ops(quantized), 'quantize reshape dense dense softmax');
  t.match(dtypes(quantized), { logits: 'f32', fc1: 'i8' });
  t.end();
});

t.test('layers named in float stay f32, with conversions around them', (t) => {
  const graph = residual();
  const samples = samplesOf(graph);
  const quantized = quantizeGraph(graph, rangesOf(graph, samples), { ...options, float: ['d*'] });
  t.equal(
    ops(quantized),
    'quantize conv2d max_pool2d dequantize depthwise_conv2d quantize add avg_pool2d reshape dense',
  );
  t.match(dtypes(quantized), { dw: 'f32', sum: 'i8', fc: 'f32' });
  const all = quantizeGraph(graph, rangesOf(graph, samples), { ...options, float: ['*'] });
  t.same(all.nodes, graph.nodes);
  const none = { ...options, float: ['nothing'] };
  t.throws(() => quantizeGraph(graph, new Map(), none), /quantize.float: expected patterns of conv, pool/);
  t.end();
});

t.test('an int8 output of the graph is dequantized; one that others read too is both', (t) => {
  const graph = residual();
  graph.outputs = ['sum', 'fc'];
  const quantized = quantizeGraph(graph, rangesOf(graph, samplesOf(graph)), options);
  t.same(quantized.outputs, ['sum/f32', 'fc']);
  t.equal(quantized.tensors.get('sum/f32')!.dtype, 'f32');
  t.end();
});

t.test('a shared layer: one kernel, a bias for each input scale', (t) => {
  const builder = new GraphBuilder([4], SEED)
    .add('dense', { activation: 'relu' }, { kernel: [4, 4], bias: [4] }, { name: 'a' })
    .add('dense', { activation: 'relu' }, { kernel: [4, 4], bias: [4] }, { name: 'b' })
    .add('dense', {}, { kernel: [2, 4] }, { name: 'c' });
  builder.graph.nodes[1].weights = { ...builder.graph.nodes[0].weights };
  const { graph } = builder;
  const samples = samplesOf(graph);
  const quantized = quantizeGraph(graph, rangesOf(graph, samples), options);
  const [a, b] = quantized.nodes.filter(({ op }) => op === 'dense');
  t.equal(a.weights.kernel, b.weights.kernel);
  t.not(a.weights.bias, b.weights.bias);
  t.ok(signalToNoise(graph, quantized, samples) > 25);
  t.end();
});

t.test('what FORMAT.md refuses is refused here, with advice', (t) => {
  const graph = perceptron([6], [3, 3, 1], 4);
  const ranges = rangesOf(graph, samplesOf(graph));
  ranges.set('fc1', { min: 0, max: 1e-4 });
  t.throws(() => quantizeGraph(graph, ranges, options), {
    name: 'RangeError',
    message: /^node 'fc1': .*expected results below 2\^22.*; name "fc1" in quantize.float/,
  });
  const biased = perceptron([6], [3, 3, 1], 4);
  biased.weights.get('fc1/bias')!.data.fill(1e9);
  t.throws(
    () => quantizeGraph(biased, rangesOf(graph, samplesOf(graph)), options),
    /fc1.*expected results below 2\^22 quanta/,
  );
  ranges.delete('fc1');
  t.throws(() => quantizeGraph(graph, ranges, options), /ranges: expected one of tensor 'fc1', got none/);
  checkGraph(graph);
  t.end();
});
