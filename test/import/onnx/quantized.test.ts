/** Quantized models, as onnxruntime computes them: dequantized, and with their own int8 kept. */
import t, { type Test } from 'tap';
import type { Graph } from '../../../src/graph/index.js';
import { importModel } from '../../../src/import/index.js';
import { random, SEED } from '../../helpers/random.js';
import { floats, normals, one, sample } from './cases.js';
import { compare, compareBytes, type Sample } from './compare.js';
import { encode, type TestGraph, type TestNode, type TestTensor } from './encode.js';

const r = random(SEED);

const f32 = (...values: number[]): TestTensor => ({
  dims: values.length === 1 ? [] : [values.length],
  data: Float32Array.from(values),
});
const u8 = (...values: number[]): TestTensor => ({
  dims: values.length === 1 ? [] : [values.length],
  data: Uint8Array.from(values),
});
const codes = (dims: number[], least = -127): TestTensor => ({
  dims,
  data: Int8Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => r.int(least, 127)),
});
const zeros = (n: number): TestTensor => ({ dims: [n], data: new Int8Array(n) });
const int32 = (n: number): TestTensor => ({
  dims: [n],
  data: Int32Array.from({ length: n }, () => r.int(-2000, 2000)),
});

const q = (x: string, s: string, y: string): TestNode => ({
  op: 'QuantizeLinear',
  inputs: [x, `${s}/s`, `${s}/z`],
  outputs: [y],
});
const dq = (x: string, s: string, y: string): TestNode => ({
  op: 'DequantizeLinear',
  inputs: [x, `${s}/s`, `${s}/z`],
  outputs: [y],
});

/** Scale and zero point of the values called `name`. */
const scaled = (name: string, scale: number, zero: number): Record<string, TestTensor> => ({
  [`${name}/s`]: f32(scale),
  [`${name}/z`]: u8(zero),
});

const IMAGE = [1, 3, 6, 6];

/** QDQ: conv, Relu, max pool, conv of groups, add, average, dense. */
function qdqNetwork(): TestGraph {
  const kernel = (name: string, dims: number[], scales: number[]): Record<string, TestTensor> => ({
    [`${name}/q`]: codes(dims),
    [`${name}/s`]: f32(...scales),
    [`${name}/z`]: zeros(scales.length),
  });
  return {
    nodes: [
      q('x', 'x', 'xq'),
      dq('xq', 'x', 'xr'),
      { ...dq('w1/q', 'w1', 'w1'), attributes: { axis: 0 } },
      { ...dq('b1/q', 'b1', 'b1'), attributes: { axis: 0 } },
      { op: 'Conv', inputs: ['xr', 'w1', 'b1'], outputs: ['c1'], attributes: { pads: [1, 1, 1, 1] } },
      { op: 'Relu', inputs: ['c1'], outputs: ['r1'] },
      q('r1', 'a', 'aq'),
      dq('aq', 'a', 'ar'),
      {
        op: 'MaxPool',
        inputs: ['ar'],
        outputs: ['p'],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
      q('p', 'a', 'pq'),
      dq('pq', 'a', 'pr'),
      { ...dq('w2/q', 'w2', 'w2'), attributes: { axis: 0 } },
      { op: 'Conv', inputs: ['pr', 'w2'], outputs: ['c2'], attributes: { group: 4, pads: [1, 1, 1, 1] } },
      q('c2', 'd', 'dq'),
      dq('dq', 'd', 'dr'),
      { op: 'Add', inputs: ['dr', 'pr'], outputs: ['s'] },
      q('s', 'e', 'eq'),
      dq('eq', 'e', 'er'),
      { op: 'GlobalAveragePool', inputs: ['er'], outputs: ['g'] },
      q('g', 'g', 'gq'),
      dq('gq', 'g', 'gr'),
      { op: 'Flatten', inputs: ['gr'], outputs: ['f'] },
      dq('w3/q', 'w3', 'w3'),
      { op: 'Gemm', inputs: ['f', 'w3'], outputs: ['m'], attributes: { transB: 1 } },
      q('m', 'y', 'yq'),
      dq('yq', 'y', 'y'),
    ],
    constants: {
      ...scaled('x', 0.02, 120),
      ...scaled('a', 0.04, 0),
      ...scaled('d', 0.05, 130),
      ...scaled('e', 0.06, 100),
      ...scaled('g', 0.03, 110),
      ...scaled('y', 0.05, 128),
      ...kernel('w1', [4, 3, 3, 3], [0.004, 0.003, 0.005, 0.002]),
      'b1/q': int32(4),
      'b1/s': f32(0.02 * 0.004, 0.02 * 0.003, 0.02 * 0.005, 0.02 * 0.002),
      'b1/z': { dims: [4], data: new Int32Array(4) },
      ...kernel('w2', [4, 1, 3, 3], [0.004, 0.003, 0.005, 0.002]),
      ...kernel('w3', [5, 4], [0.01]),
      'w3/z': { dims: [], data: new Int8Array(1) },
    },
    inputs: [{ name: 'x', dims: IMAGE }],
    outputs: [{ name: 'y' }],
  };
}

function opsOf(graph: Graph): string[] {
  return graph.nodes.map(({ op, outputs }) => `${op} ${graph.tensors.get(outputs[0])!.dtype}`);
}

t.test('QDQ: kept, a network computes in int8 what onnxruntime computes', async (t) => {
  const model = qdqNetwork();
  for (let i = 0; i < 5; i++) {
    const { graph, got, want } = await compare(model, 13, { x: sample(IMAGE) }, { quantized: 'keep' });
    if (i === 0)
      t.same(opsOf(graph), [
        'quantize i8',
        'conv2d i8',
        'max_pool2d i8',
        'depthwise_conv2d i8',
        'add i8',
        'global_avg_pool2d i8',
        'dense i8',
        'dequantize f32',
      ]);
    const steps = got[0].map((value, o) => Math.abs(value - want[0][o]) / 0.05);
    t.ok(Math.max(...steps) <= 1.01, `one step at most: ${Array.from(steps)} (SEED=${SEED})`);
  }
});

t.test('QDQ: dequantized, it is an f32 network near by', async (t) => {
  const model = qdqNetwork();
  const { graph, difference } = await compare(model, 13, { x: sample(IMAGE) });
  t.same(opsOf(graph), [
    'conv2d f32',
    'relu f32',
    'max_pool2d f32',
    'depthwise_conv2d f32',
    'add f32',
    'global_avg_pool2d f32',
    'dense f32',
  ]);
  t.ok(difference < 0.1, `${difference}`);
});

t.test('a Relu that lives only in a range stays as a clamp', async (t) => {
  const model: TestGraph = {
    nodes: [{ op: 'Conv', inputs: ['x', 'w'], outputs: ['c'] }, q('c', 'y', 'yq'), dq('yq', 'y', 'y')],
    constants: { w: floats([4, 3, 1, 1]), ...scaled('y', 6 / 255, 0) },
    inputs: [{ name: 'x', dims: IMAGE }],
    outputs: [{ name: 'y' }],
  };
  const { graph, difference } = await compare(model, 13, { x: sample(IMAGE, 3) });
  t.same(
    graph.nodes.map(({ op }) => op),
    ['conv2d', 'relu6'],
  );
  t.ok(difference < 0.005, `${difference}`);
  const loose = { ...model, constants: { ...model.constants, ...scaled('y', 0.1, 0) } };
  t.same(
    (await importModel(encode(loose, 13))).nodes.map(({ op }) => op),
    ['conv2d', 'relu'],
  );
});

interface QLinearCase {
  name: string;
  op: string;
  domain?: string;
  inputs: TestTensor[];
  attributes?: TestNode['attributes'];
  dims?: number[];
  /** int8 nodes where it is kept. */
  int8?: string;
}

const IN = [f32(0.03), u8(100)];
const OUT = [f32(0.05), u8(90)];
const MS = 'com.microsoft';

const qLinear: QLinearCase[] = [
  {
    name: 'QLinearConv',
    op: 'QLinearConv',
    inputs: [...IN, codes([4, 3, 3, 3]), f32(0.004, 0.002, 0.003, 0.004), zeros(4), ...OUT, int32(4)],
    int8: 'conv2d',
  },
  {
    name: 'QLinearConv of groups',
    op: 'QLinearConv',
    inputs: [...IN, codes([3, 1, 3, 3]), f32(0.004), { dims: [], data: new Int8Array(1) }, ...OUT],
    attributes: { group: 3, strides: [2, 2] },
    int8: 'depthwise_conv2d',
  },
  {
    name: 'QLinearMatMul',
    op: 'QLinearMatMul',
    dims: [1, 6],
    inputs: [...IN, codes([6, 4]), f32(0.01), { dims: [], data: new Int8Array(1) }, ...OUT],
    int8: 'dense',
  },
  {
    name: 'QGemm',
    op: 'QGemm',
    domain: MS,
    dims: [1, 6],
    inputs: [...IN, codes([6, 4]), f32(0.01, 0.02, 0.005, 0.01), zeros(4), int32(4), ...OUT],
    int8: 'dense',
  },
  {
    name: 'QLinearGlobalAveragePool',
    op: 'QLinearGlobalAveragePool',
    domain: MS,
    inputs: [...IN, ...OUT],
    int8: 'global_avg_pool2d',
  },
  {
    name: 'QLinearAveragePool',
    op: 'QLinearAveragePool',
    domain: MS,
    inputs: [...IN, ...OUT],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    int8: 'avg_pool2d',
  },
  { name: 'QLinearSigmoid', op: 'QLinearSigmoid', domain: MS, inputs: [...IN, f32(1 / 256), u8(0)] },
  {
    name: 'QLinearLeakyRelu',
    op: 'QLinearLeakyRelu',
    domain: MS,
    inputs: [...IN, ...OUT],
    attributes: { alpha: { float: 0.2 } },
  },
];

/** quantize, the operator, dequantize. */
function qLinearModel({ op, domain, inputs, attributes, dims = IMAGE }: QLinearCase): TestGraph {
  const at = inputs.findIndex((_, i) => i >= inputs.length - 2);
  const output = [inputs[at], inputs[at + 1]].every(({ data }) => data.length === 1) ? at : at - 1;
  const constants = Object.fromEntries(inputs.map((tensor, i) => [`c${i}`, tensor]));
  const scales = [inputs[output], inputs[output + 1]];
  return {
    nodes: [
      q('x', 'in', 'xq'),
      { op, domain, inputs: ['xq', ...Object.keys(constants)], outputs: ['yq'], attributes },
      dq('yq', 'out', 'y'),
    ],
    constants: { ...constants, 'in/s': inputs[0], 'in/z': inputs[1], 'out/s': scales[0], 'out/z': scales[1] },
    inputs: [{ name: 'x', dims }],
    outputs: [{ name: 'y' }],
  };
}

async function withinSteps(
  t: Test,
  name: string,
  got: Float32Array,
  want: Float32Array,
  step: number,
  most: number,
): Promise<void> {
  const worst = got.reduce((sofar, value, i) => Math.max(sofar, Math.abs(value - want[i]) / step), 0);
  t.ok(
    worst <= most && got.length === want.length,
    `${name}: ${worst} steps, at most ${most} (SEED=${SEED})`,
  );
}

t.test('QLinear operators, dequantized and kept', async (t) => {
  for (const one of qLinear) {
    const model = qLinearModel(one);
    const samples: Record<string, Sample> = { x: sample(one.dims ?? IMAGE) };
    const step = Number((model.constants!['out/s'].data as Float32Array)[0]);
    const { got, want } = await compare(model, 13, samples);
    await withinSteps(t, `${one.name}, dequantized`, got[0], clampedLike(got[0], want[0]), step, 2);
    const kept = await compare(model, 13, samples, { quantized: 'keep' });
    await withinSteps(t, `${one.name}, kept`, kept.got[0], kept.want[0], step, 1.01);
    if (one.int8) t.ok(opsOf(kept.graph).includes(`${one.int8} i8`), `${one.name}: ${opsOf(kept.graph)}`);
  }
});

/** Where an output saturates the f32 graph goes on: only what lies inside the range is compared. */
function clampedLike(got: Float32Array, want: Float32Array): Float32Array {
  const [low, high] = [Math.min(...want), Math.max(...want)];
  return want.map((value, i) => (got[i] <= low || got[i] >= high ? got[i] : value));
}

t.test('QLinearAdd, QLinearMul, QLinearConcat', async (t) => {
  const binary = (op: string): TestGraph => ({
    nodes: [
      q('a', 'in', 'aq'),
      q('b', 'in', 'bq'),
      {
        op,
        domain: MS,
        inputs: ['aq', 'in/s', 'in/z', 'bq', 'in/s', 'in/z', 'out/s', 'out/z'],
        outputs: ['yq'],
      },
      dq('yq', 'out', 'y'),
    ],
    constants: { ...scaled('in', 0.03, 100), ...scaled('out', 0.06, 110) },
    inputs: [
      { name: 'a', dims: IMAGE },
      { name: 'b', dims: IMAGE },
    ],
    outputs: [{ name: 'y' }],
  });
  const concat = binary('QLinearConcat');
  concat.nodes[2].inputs = ['in/s', 'in/z', 'aq', 'in/s', 'in/z', 'bq', 'in/s', 'in/z'];
  concat.nodes[2].attributes = { axis: 1 };
  concat.nodes[3] = dq('yq', 'in', 'y');
  const models = {
    QLinearAdd: binary('QLinearAdd'),
    QLinearMul: binary('QLinearMul'),
    QLinearConcat: concat,
  };
  for (const [name, model] of Object.entries(models)) {
    const samples = { a: sample(IMAGE, 0.7), b: sample(IMAGE, 0.7) };
    for (const quantized of ['keep', 'dequantize'] as const) {
      const { got, want } = await compare(model, 13, samples, { quantized });
      await withinSteps(t, `${name}, ${quantized}`, got[0], want[0], 0.06, quantized === 'keep' ? 1.01 : 2);
    }
  }
});

t.test('integer products and dynamic quantization are dequantized', async (t) => {
  const model: TestGraph = {
    nodes: [
      { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['xq', 'xs', 'xz'] },
      { op: 'MatMulInteger', inputs: ['xq', 'w', 'xz', 'wz'], outputs: ['i'] },
      { op: 'Cast', inputs: ['i'], outputs: ['f'], attributes: { to: 1 } },
      { op: 'Mul', inputs: ['xs', 'ws'], outputs: ['s'] },
      { op: 'Mul', inputs: ['f', 's'], outputs: ['y'] },
    ],
    constants: { w: codes([6, 4]), wz: { dims: [], data: new Int8Array(1) }, ws: f32(0.01) },
    inputs: [{ name: 'x', dims: [1, 6] }],
    outputs: [{ name: 'y' }],
  };
  const { difference, graph } = await compare(model, 13, { x: sample([1, 6]) });
  t.ok(difference < 0.02, `${difference}`);
  t.same(
    graph.nodes.map(({ op }) => op),
    ['dense', 'constant', 'mul'],
  );
  const convolution: TestGraph = {
    nodes: [{ op: 'ConvInteger', inputs: ['x', 'w', 'xz'], outputs: ['y'] }],
    constants: { w: codes([2, 3, 3, 3]), xz: u8(7) },
    inputs: [{ name: 'x', dims: IMAGE, type: 'uint8' }],
    outputs: [{ name: 'y' }],
  };
  const x: Sample = {
    dims: IMAGE,
    data: normals(IMAGE).map((v) => Math.abs(Math.round(v * 50))),
    type: 'uint8',
  };
  t.ok((await compare(convolution, 13, { x })).difference < 1e-6);
});

t.test('fused operators of onnxruntime', async (t) => {
  const fused = one('FusedConv', [IMAGE], {
    domain: MS,
    constants: [floats([4, 3, 3, 3]), floats([4])],
    attributes: { activation: 'LeakyRelu', activation_params: { floats: [0.2] }, pads: [1, 1, 1, 1] },
  });
  const { difference } = await compareBytes(encode(fused.model, 13), fused.samples);
  t.ok(difference < 1e-4);
});
