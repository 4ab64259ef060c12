import { writeLop, type LopModel, type LopTensor, type LopWeight } from '../../../src/format/index.js';
import { random, type Random } from '../../helpers/random.js';
import { byName, denseModel } from '../../format/models.js';
import { operatorFiles } from './operators.js';

type Value = (r: Random) => number;

/** Valid files that together hold every encoding of positions and values and every family of operators, small enough to mutate by the thousand. */
export function seedFiles(): Uint8Array[] {
  const r = random(11);
  const models = [...denseModels(r), convolutions('i8', r), convolutions('f32', r)];
  const encodings = models.flatMap((model) => [writeLop(model, { entropy: false }), writeLop(model)]);
  return [...encodings, ...operatorFiles()];
}

const wide: Value = (r) => r.int(-127, 127);
const bell: Value = (r) => Math.max(-127, Math.min(127, Math.round(r.normal() * 9)));
const small: Value = (r) => r.int(-8, 7) || 1;
const few: Value = (r) => r.pick([-90, 17, 101]);

const KERNELS: [density: number, value: Value, outputs: number, inputs: number][] = [
  [1, wide, 8, 24],
  [0.3, wide, 8, 40],
  [0.02, wide, 20, 60],
  [0.05, bell, 40, 100],
  [0.3, small, 8, 40],
  [0.3, few, 8, 40],
];
const BIASES: Value[] = [
  (r) => r.int(-90000, 90000),
  (r) => r.int(-900, 900),
  (r) => r.pick([70000, -70000]),
];
const SCALES: Value[] = [
  (r) => 0.001 + 0.01 * r.next(),
  (r) => r.int(1, 900) / 65536,
  (r) => r.pick([0.01, 0.02]),
];

/** One dense int8 layer each, with kernels, biases and scales that fit one encoding best. */
function denseModels(r: Random): LopModel[] {
  return KERNELS.map(([density, value, outputs, inputs], index) => {
    const kernel = Int8Array.from({ length: outputs * inputs }, () => (r.next() < density ? value(r) : 0));
    const model = denseModel(kernel, outputs, inputs);
    const bias = Int32Array.from({ length: outputs }, () => BIASES[index % 3](r));
    const scale = Float32Array.from({ length: outputs }, () => SCALES[index % 3](r));
    model.weights.set('fc/bias', plain('fc/bias', bias));
    model.weights.set('fc/scale', plain('fc/scale', scale));
    return model;
  });
}

function plain(name: string, data: Float32Array | Int32Array): LopWeight {
  return {
    name,
    shape: [data.length],
    dtype: data instanceof Float32Array ? 'f32' : 'i32',
    data,
    block: [1, 1],
  };
}

function node(
  op: string,
  inputs: string[],
  output: string,
  attributes = {},
  weights = {},
): LopModel['nodes'][number] {
  return { name: output, op, inputs, outputs: [output], attributes, weights };
}

/** quantize, conv2d in 2x2 blocks, max_pool2d, depthwise_conv2d, add, global_avg_pool2d, dense, softmax; or the same in f32. */
function convolutions(dtype: 'i8' | 'f32', r: Random): LopModel {
  const tensor = (name: string, shape: number[], scale = 0.05): LopTensor =>
    dtype === 'f32'
      ? { name, shape, dtype }
      : { name, shape, dtype, quantization: { scale: Math.fround(scale), zeroPoint: -3 } };
  const weights: LopWeight[] = [];
  const linear = (
    name: string,
    shape: number[],
    block: [number, number],
    density: number,
  ): Record<string, string> => {
    const kernel = kernelOf(r, `${name}/kernel`, shape, dtype, block, density);
    const perOutput = (value: () => number): number[] => Array.from({ length: shape[0] }, value);
    weights.push(kernel);
    if (dtype === 'f32') return { kernel: kernel.name };
    weights.push(plain(`${name}/bias`, Int32Array.from(perOutput(() => r.int(-500, 500)))));
    weights.push(plain(`${name}/scale`, Float32Array.from(perOutput(() => 0.01 + 0.01 * r.next()))));
    return { kernel: kernel.name, bias: `${name}/bias`, scale: `${name}/scale` };
  };
  const first = dtype === 'i8' ? [node('quantize', ['image'], 'q')] : [];
  const start = dtype === 'i8' ? 'q' : 'image';
  const nodes = [
    ...first,
    node(
      'conv2d',
      [start],
      'conv',
      { strides: [1, 1], pads: [1, 1, 1, 1], activation: 'relu' },
      linear('conv', [8, 3, 3, 3], [2, 2], 0.4),
    ),
    node('max_pool2d', ['conv'], 'pool', { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }),
    node(
      'depthwise_conv2d',
      ['pool'],
      'depthwise',
      { pads: [1, 1, 1, 1] },
      linear('depthwise', [8, 3, 3, 1], [1, 1], 1),
    ),
    node('add', ['pool', 'depthwise'], 'sum', { activation: 'relu6' }),
    node('global_avg_pool2d', ['sum'], 'mean'),
    node('dense', ['mean'], 'scores', {}, linear('scores', [10, 8], [4, 2], 0.6)),
    node('softmax', ['scores'], 'probabilities'),
  ];
  const tensors: LopTensor[] = [
    { name: 'image', shape: [8, 8, 3], dtype: 'f32' },
    ...(dtype === 'i8' ? [tensor('q', [8, 8, 3])] : []),
    tensor('conv', [8, 8, 8]),
    tensor('pool', [4, 4, 8]),
    tensor('depthwise', [4, 4, 8], 0.2),
    tensor('sum', [4, 4, 8], 0.2),
    tensor('mean', [8], 0.1),
    { name: 'scores', shape: [10], dtype: 'f32' },
    { name: 'probabilities', shape: [10], dtype: 'f32' },
  ];
  return {
    inputs: ['image'],
    outputs: ['probabilities'],
    tensors: byName(tensors),
    weights: byName(weights),
    nodes,
    metadata: { seed: dtype },
  };
}

function kernelOf(
  r: Random,
  name: string,
  shape: number[],
  dtype: 'i8' | 'f32',
  block: [number, number],
  density: number,
): LopWeight {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = dtype === 'i8' ? new Int8Array(size) : new Float32Array(size);
  const kept = new Map<string, boolean>();
  const perRow = size / shape[0];
  for (let i = 0; i < size; i++) {
    const key = `${Math.floor(i / perRow / block[0])}:${Math.floor((i % perRow) / block[1])}`;
    if (!kept.has(key)) kept.set(key, r.next() < density);
    if (kept.get(key))
      data[i] = dtype === 'i8' ? r.int(-127, 127) : Math.fround(r.pick([0.1, 0.1, 0.1, -0.25, 0.7]));
  }
  return { name, shape, dtype, data, block };
}
