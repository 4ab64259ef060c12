import type { Random } from '../helpers/random.js';
import type { LopDType, LopModel, LopTensor, LopWeight } from '../../src/format/index.js';

const ARRAYS = { f32: Float32Array, i8: Int8Array, i32: Int32Array };

/** A valid runnable model: quantize, dense int8 with bias and scale to f32, softmax. */
export function denseModel(kernel: Int8Array, outputs: number, inputs: number): LopModel {
  const tensors: LopTensor[] = [
    { name: 'image', shape: [inputs], dtype: 'f32' },
    { name: 'image:i8', shape: [inputs], dtype: 'i8', quantization: { scale: 2 ** -8, zeroPoint: -128 } },
    { name: 'logits', shape: [outputs], dtype: 'f32' },
    { name: 'probabilities', shape: [outputs], dtype: 'f32' },
  ];
  const weights: LopWeight[] = [
    { name: 'fc/kernel', shape: [outputs, inputs], dtype: 'i8', data: kernel, block: [1, 1] },
    {
      name: 'fc/bias',
      shape: [outputs],
      dtype: 'i32',
      data: Int32Array.from({ length: outputs }, (_, o) => 40 * o - 17),
      block: [1, 1],
    },
    { name: 'fc/scale', shape: [1], dtype: 'f32', data: Float32Array.of(2 ** -7), block: [1, 1] },
  ];
  return {
    inputs: ['image'],
    outputs: ['probabilities'],
    tensors: byName(tensors),
    weights: byName(weights),
    nodes: [
      node('quantize', 'quantize', 'image', 'image:i8'),
      {
        ...node('fc', 'dense', 'image:i8', 'logits'),
        attributes: { activation: 'linear' },
        weights: { kernel: 'fc/kernel', bias: 'fc/bias', scale: 'fc/scale' },
      },
      node('softmax', 'softmax', 'logits', 'probabilities'),
    ],
    metadata: { labels: Array.from({ length: outputs }, (_, o) => String(o)) },
  };
}

function node(name: string, op: string, input: string, output: string): LopModel['nodes'][number] {
  return { name, op, inputs: [input], outputs: [output], attributes: {}, weights: {} };
}

export function byName<T extends { name: string }>(items: T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}

/** A model whose one node carries `weights`, for tests of how weights are stored. */
export function weightsModel(weights: LopWeight[]): LopModel {
  return {
    inputs: ['x'],
    outputs: ['y'],
    tensors: byName([
      { name: 'x', shape: [1], dtype: 'f32' },
      { name: 'y', shape: [1], dtype: 'f32' },
    ]),
    weights: byName(weights),
    nodes: [
      {
        ...node('all', 'any', 'x', 'y'),
        weights: Object.fromEntries(weights.map(({ name }, index) => [`w${index}`, name])),
      },
    ],
    metadata: {},
  };
}

/** A weight of any rank, dtype, block, density and spread of values. */
export function randomWeight(r: Random, name: string): LopWeight {
  const dtype = r.pick<LopDType>(['f32', 'i8', 'i32']);
  const shape = Array.from({ length: r.int(0, 4) }, () => r.pick([1, 2, 3, 5, 8, 13]));
  const block: [number, number] = [r.pick([1, 2, 4]), r.pick([1, 2])];
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = new ARRAYS[dtype](size);
  const density = r.pick([0, 0.02, 0.2, 0.5, 1]);
  const value = r.pick(VALUES[dtype]);
  const keep = keepBlocks(r, density);
  const perRow = size / (shape[0] ?? 1);
  for (let i = 0; i < size; i++) {
    const row = Math.floor(i / perRow / block[0]);
    if (keep(`${row}:${Math.floor((i % perRow) / block[1])}`)) data[i] = value(r);
  }
  return { name, shape, dtype, data, block };
}

function keepBlocks(r: Random, density: number): (key: string) => boolean {
  const known = new Map<string, boolean>();
  return (key) => {
    if (!known.has(key)) known.set(key, r.next() < density);
    return known.get(key) as boolean;
  };
}

const VALUES: Record<LopDType, ((r: Random) => number)[]> = {
  i8: [
    (r) => r.int(-128, 127),
    (r) => r.int(-8, 7),
    (r) => r.pick([-90, 17, 101]),
    () => -3,
    (r) => Math.max(-127, Math.min(127, Math.round(r.normal() * 20))),
  ],
  i32: [
    (r) => r.int(-(2 ** 31), 2 ** 31 - 1),
    (r) => r.int(-32768, 32767),
    (r) => Math.round(r.normal() * 900),
    (r) => r.pick([1, 70000, -70000]),
  ],
  f32: [
    (r) => r.normal(),
    (r) => Math.fround(Math.round(r.normal() * 512) / 1024),
    (r) => r.pick([0.1, -0.25, 1e-30]),
    (r) => (r.int(0, 2047) - 1024) * 2 ** -24,
  ],
};

/** The model of FORMAT.md, "A complete file": y = relu(kernel x), five of eight weights pruned. */
export function tinyModel(): LopModel {
  return {
    inputs: ['x'],
    outputs: ['y'],
    tensors: byName([
      { name: 'x', shape: [4], dtype: 'f32' },
      { name: 'y', shape: [2], dtype: 'f32' },
    ]),
    weights: byName([
      {
        name: 'fc/kernel',
        shape: [2, 4],
        dtype: 'f32',
        data: Float32Array.of(0, 0.5, 0, 0, 0, -2, 0, 0.5),
        block: [1, 1],
      },
    ]),
    nodes: [
      {
        ...node('fc', 'dense', 'x', 'y'),
        attributes: { activation: 'relu' },
        weights: { kernel: 'fc/kernel' },
      },
    ],
    metadata: { labels: ['a', 'b'] },
  };
}
