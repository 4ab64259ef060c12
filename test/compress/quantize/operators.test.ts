/** Int8 around the operators of real models: which nodes become int8, and how near their results are. */
import t from 'tap';
import { quantizeGraph, type Range } from '../../../src/compress/quantize/index.js';
import { lookupTable } from '../../../src/compress/quantize/lookup.js';
import { splitPrelu } from '../../../src/compress/quantize/prelu.js';
import { elements, type Graph } from '../../../src/graph/index.js';
import { referenceTensors, runReference } from '../../../src/reference/run.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';

const { normal } = random();
const options = { weights: { bits: 8, per: 'channel' }, float: [] as string[] } as const;
const pads = [1, 1, 1, 1];
const conv = (channels: number, to: number) => ({ kernel: [to, 3, 3, channels], bias: [to] });

function samplesOf(graph: Graph): Float32Array[] {
  const size = elements(graph.tensors.get('input')!.shape);
  return Array.from({ length: 12 }, () => Float32Array.from({ length: size }, normal));
}

function rangesOf(graph: Graph, samples: Float32Array[]): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const x of samples)
    for (const [name, values] of referenceTensors(graph, [x])) {
      const { min, max } = ranges.get(name) ?? { min: Infinity, max: -Infinity };
      ranges.set(name, { min: Math.min(min, ...values), max: Math.max(max, ...values) });
    }
  return ranges;
}

/** Quantizes; the signal to noise of the outputs is at least `quality` dB. Gives the operators, int8 ones with an 8 behind. */
function int8(
  t: { ok(value: boolean, message: string): boolean },
  { graph }: GraphBuilder,
  quality: number,
): string {
  const samples = samplesOf(graph);
  const quantized = quantizeGraph(graph, rangesOf(graph, samples), options);
  let [signal, noise] = [0, 1e-30];
  for (const x of samples) {
    const got = runReference(quantized, [x]);
    runReference(graph, [x]).forEach((want, i) =>
      Array.from(want).forEach((value, k) => {
        signal += value ** 2;
        noise += (value - got[i][k]) ** 2;
      }),
    );
  }
  const decibel = 10 * Math.log10(signal / noise);
  t.ok(decibel > quality, `SEED=${SEED}: ${decibel} dB`);
  const isInt8 = (name: string): boolean => quantized.tensors.get(name)!.dtype === 'i8';
  return quantized.nodes.map(({ op, outputs }) => (isInt8(outputs[0]) ? `${op}8` : op)).join(' ');
}

t.test('activations are tables; a gate is a product; a number is a table too', async (t) => {
  const builder = new GraphBuilder([6, 6, 3], SEED)
    .add('conv2d', { pads }, conv(3, 6), { name: 'a' })
    .add('hard_swish', {}, {}, { name: 'b' })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [6, 6], bias: [6] })
    .add('sigmoid', {}, {}, { name: 'gate' })
    .add('mul', {}, {}, { name: 'gated', inputs: ['b', 'gate'] })
    .add('constant', {}, { value: [1] }, { name: 'c', inputs: [] })
    .add('add', { activation: 'relu' }, {}, { inputs: ['gated', 'c'] })
    .add('conv2d', { pads }, conv(6, 4));
  t.equal(
    int8(t, builder, 25),
    'quantize8 conv2d8 lookup8 global_avg_pool2d8 dense8 lookup8 mul8 lookup8 conv2d8 dequantize',
  );
});

t.test('what is joined has one scale, whatever comes in between', async (t) => {
  const builder = new GraphBuilder([6, 6, 3], SEED)
    .add('conv2d', { pads }, conv(3, 4), { name: 'a' })
    .add('conv2d', { pads }, conv(3, 4), { name: 'b', inputs: ['input'] })
    .add('max_pool2d', { size: [3, 3], strides: [1, 1], pads }, {}, { name: 'pool' })
    .add('concat', { axis: 2 }, {}, { name: 'all', inputs: ['a', 'pool', 'input'] })
    .add('pad', { pads: [1, 0, 0, 0, 1, 0], value: 9 })
    .add('conv2d', { pads }, conv(11, 4));
  t.equal(
    int8(t, builder, 22),
    'quantize8 quantize8 conv2d8 conv2d8 max_pool2d8 concat8 pad8 conv2d8 dequantize',
  );
});

t.test('a table of constants, a factor for each channel, views', async (t) => {
  const builder = new GraphBuilder([4, 4, 2], SEED)
    .add('conv2d', { pads }, conv(2, 4), { name: 'a' })
    .add('view', { dims: [4, 4, 4], strides: [4, 16, 1] }, {}, { name: 'b', shape: [4, 4, 4] })
    .add('constant', {}, { value: [4] }, { name: 'c', inputs: [] })
    .add('mul', {}, {}, { name: 'd', inputs: ['b', 'c'] })
    .add('constant', {}, { value: [4, 4, 1] }, { name: 'e', inputs: [] })
    .add('sub', { activation: 'relu' }, {}, { inputs: ['d', 'e'] })
    .add('conv2d', { pads }, conv(4, 4));
  t.equal(int8(t, builder, 22), 'quantize8 conv2d8 view8 constant8 mul8 constant8 sub8 conv2d8 dequantize');
});

t.test('what has no int8 form stays f32, and so do islands that would not pay', async (t) => {
  const island = new GraphBuilder([4, 8], SEED)
    .add('layer_norm')
    .add('tanh')
    .add('mul', {}, {}, { inputs: ['layer_norm0', 'tanh1'] })
    .add('softmax');
  t.equal(int8(t, island, 200), 'layer_norm tanh mul softmax');
  const tail = new GraphBuilder([4, 4, 3], SEED).add('conv2d', { pads }, conv(3, 4)).add('sigmoid');
  t.equal(
    int8(t, tail, 25),
    'quantize8 conv2d8 dequantize sigmoid',
    'a function at the end keeps its resolution',
  );
  const heads = new GraphBuilder([4, 4, 3], SEED)
    .add('conv2d', { pads }, conv(3, 4), { name: 'a' })
    .add('conv2d', { pads }, conv(3, 4), { name: 'b', inputs: ['input'] })
    .add('concat', { axis: 0 }, {}, { inputs: ['a', 'b'] });
  t.equal(int8(t, heads, 25), 'quantize8 conv2d8 dequantize conv2d8 dequantize concat');
});

t.test('prelu as a maximum', async (t) => {
  const builder = new GraphBuilder([4, 4, 3], SEED)
    .add('conv2d', { pads }, conv(3, 4), { name: 'a' })
    .add('constant', {}, { value: [4] }, { name: 'c', inputs: [] })
    .add('prelu', {}, {}, { inputs: ['a', 'c'] })
    .add('conv2d', { pads }, conv(4, 4));
  const x = samplesOf(builder.graph)[0];
  const [want] = runReference(builder.graph, [x]);
  t.ok(splitPrelu(builder.graph));
  t.same(runReference(builder.graph, [x])[0], want);
  t.equal(int8(t, builder, 22), 'quantize8 conv2d8 constant8 mul8 max8 conv2d8 dequantize');
  const steep = new GraphBuilder([3])
    .add('constant', {}, { value: [] }, { name: 'c', inputs: [] })
    .add('prelu', {}, {}, { inputs: ['input', 'c'] });
  (steep.graph.weights.get('c/value')!.data as Float32Array)[0] = 2;
  t.notOk(splitPrelu(steep.graph));
});

t.test('lookupTable: halves to even, clamped, NaN is zero', async (t) => {
  const q = { scale: 1, zeroPoint: 0 };
  const halves = lookupTable((x) => x / 2, q, q);
  t.same([halves[128 + 1], halves[128 + 3], halves[128 + 5], halves[128 - 1]], [0, 2, 2, 0]);
  t.same(lookupTable((x) => x * 4, q, { scale: 1, zeroPoint: 5 })[255], 127);
  t.equal(lookupTable(Math.sqrt, q, { scale: 1, zeroPoint: 5 })[0], 5);
});
