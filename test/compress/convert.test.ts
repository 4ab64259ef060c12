import t from 'tap';
import { compress, convert } from '../../src/compress/index.js';
import { readLop } from '../../src/format/index.js';
import type { LopModel, LopWeight } from '../../src/format/index.js';
import { loadReference, runReference } from '../../src/reference/index.js';
import { blobs } from '../helpers/blobs.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random, SEED } from '../helpers/random.js';
import { inputsOf, int8GraphOf, integers, within } from '../ops/helpers.js';

const r = random();

t.test(`an f32 graph, cleaned up and lowered, gives what it gave (SEED=${SEED})`, async (t) => {
  const { graph } = new GraphBuilder([6, 6, 3], SEED)
    .add('conv2d', { groups: 3 }, { kernel: [6, 3, 3, 1] })
    .add('batch_norm', {}, { mean: [6], variance: [6], beta: [6] })
    .add('relu')
    .add('conv_transpose2d', { strides: [2, 2] }, { kernel: [2, 2, 2, 6], bias: [2] })
    .add('transpose', { permutation: [2, 0, 1] });
  const before = structuredClone(graph);
  const { bytes, report } = convert(graph);
  t.same(graph, before, 'the graph stays');
  t.equal(report.file_bytes, bytes.length);
  t.same(
    readLop(bytes).nodes.map(({ op }) => op),
    ['depthwise_conv2d', 'conv2d', 'view', 'view'],
  );
  const inputs = inputsOf(graph, r);
  const [want] = runReference(graph, inputs);
  const [got] = loadReference(bytes).run(...inputs);
  const largest = Array.from(want).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  within(got, want, () => 64 * 2 ** -24 * largest, 'converted');
});

const int8 = () =>
  int8GraphOf({
    op: 'dense',
    inputs: [[8]],
    inputQuantization: [{ scale: 0.25, zeroPoint: -7 }],
    outputQuantization: { scale: 4, zeroPoint: 3 },
    weights: {
      kernel: { shape: [4, 8], dtype: 'i8', data: integers(r, 32, -127, 127) },
      scale: { shape: [1], dtype: 'f32', data: [0.25] },
    },
  });

t.test('int8 stays int8, to the bit', async (t) => {
  const graph = int8();
  const inputs = inputsOf(graph, r);
  t.same(loadReference(convert(graph).bytes).run(...inputs), runReference(graph, inputs));
});

t.test('compress refuses int8, and names convert', async (t) => {
  await t.rejects(
    compress(int8(), {}, { data: blobs({ inputShape: [8] }) }),
    /graph: expected f32, got int8 in 'node' \(dense\); .*--quantized dequantize.*lopper convert/,
  );
});

const kernelOf = (of: LopModel, layer: string): LopWeight =>
  of.weights.get(of.nodes.find(({ name }) => name === layer)!.weights['kernel'])!;

t.test('float16: half the file, kernels rounded to nearest, biases and what is too large kept', async (t) => {
  const { graph } = new GraphBuilder([64], SEED)
    .add('dense', {}, { kernel: [128, 64], bias: [128] }, { name: 'small' })
    .add('dense', {}, { kernel: [8, 128] }, { name: 'large' });
  kernelOf(graph, 'large').data[3] = 1e6;
  const before = structuredClone(graph);
  const whole = convert(graph);
  const half = convert(graph, { float16: true });
  t.same(graph, before, 'the graph stays');
  t.ok(half.bytes.length < 0.65 * whole.bytes.length, `${half.bytes.length} of ${whole.bytes.length}`);
  const [got, want] = [readLop(half.bytes), readLop(whole.bytes)];
  const [rounded, exact] = [kernelOf(got, 'small').data, kernelOf(want, 'small').data];
  exact.forEach((value, i) => {
    const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
    if (Math.abs(rounded[i] - value) > step / 2) t.fail(`${rounded[i]} for ${value}`);
  });
  t.ok(rounded.some((value, i) => value !== exact[i]));
  t.same(kernelOf(got, 'large').data, kernelOf(want, 'large').data);
});
