/** Quantized models of one operator: int8 and uint8, scales of their own for every tensor. */
import { elements } from '../../../src/graph/index.js';
import { ARITHMETIC, CONV, DEPTHWISE, FULLY_CONNECTED, POOL } from '../../../src/import/tflite/schema.js';
import { random } from '../../helpers/random.js';
import type { Case } from './cases.js';
import type { TensorSpec } from './write.js';

type Kind = 'INT8' | 'UINT8';

/** An activation: real values from `low` on, 255 steps of `scale`. */
function q(shape: number[], scale: number, zeroPoint = 0, type: Kind = 'INT8'): TensorSpec {
  return { shape, type, scale: [scale], zeroPoint: [zeroPoint] };
}

/** A kernel, symmetric int8; one scale an index of `axis`, or one. */
function kernel(shape: number[], scale: number[], axis = 0): TensorSpec {
  const { int } = random(elements(shape));
  const data = Int8Array.from({ length: elements(shape) }, () => int(-127, 127));
  return { shape, type: 'INT8', data, scale, axis };
}

/** A uint8 kernel as TFLite's first converter made them: one scale and zero point. */
function kernelU8(shape: number[], scale: number, zeroPoint: number, most = 255): TensorSpec {
  const { int } = random(elements(shape));
  const data = Uint8Array.from({ length: elements(shape) }, () => int(0, most));
  return { shape, type: 'UINT8', data, scale: [scale], zeroPoint: [zeroPoint] };
}

function bias(length: number, scale: number[]): TensorSpec {
  const { int } = random(length);
  return { shape: [length], type: 'INT32', data: Int32Array.from({ length }, () => int(-2000, 2000)), scale };
}

function ints(...values: number[]): TensorSpec {
  return { shape: [values.length], type: 'INT32', data: Int32Array.from(values) };
}

function unary(code: string, from: TensorSpec, to: TensorSpec, extra: Partial<Case> = {}): Case {
  return { name: code, code, inputs: [from], outputs: [to], range: [-4, 4], ...extra };
}

function channels(count: number, scale: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.fround(scale * (1 + i / 3)));
}

function biasScales(input: number, scales: number[]): number[] {
  return scales.map((scale) => Math.fround(input * scale));
}

const one = { int32: 1 };
const two = { int32: 2 };
const relu = { int8: 1 };
const relu6 = { int8: 3 };
const conv = { [CONV.strideH]: one, [CONV.strideW]: one };
const c4 = channels(4, 0.005);
const c6 = channels(6, 0.005);

const linear: Case[] = [
  {
    name: 'CONV_2D per channel, SAME',
    code: 'CONV_2D',
    inputs: [q([1, 6, 5, 3], 0.03, 5), kernel([4, 3, 3, 3], c4), bias(4, biasScales(0.03, c4))],
    outputs: [q([1, 3, 3, 4], 0.05, -10)],
    options: { [CONV.strideH]: two, [CONV.strideW]: two },
  },
  {
    name: 'CONV_2D relu6',
    code: 'CONV_2D',
    inputs: [q([1, 6, 5, 3], 0.03, 5), kernel([4, 3, 3, 3], c4), bias(4, biasScales(0.03, c4))],
    outputs: [q([1, 6, 5, 4], 6 / 255, -128)],
    options: { ...conv, [CONV.activation]: relu6 },
  },
  {
    name: 'CONV_2D relu, an output that reaches beyond',
    code: 'CONV_2D',
    inputs: [q([1, 4, 4, 3], 0.03, 5), kernel([4, 1, 1, 3], c4), bias(4, biasScales(0.03, c4))],
    outputs: [q([1, 4, 4, 4], 0.04, -20)],
    options: { ...conv, [CONV.activation]: relu },
  },
  {
    name: 'CONV_2D uint8, a kernel that fits int8',
    code: 'CONV_2D',
    inputs: [
      q([1, 4, 4, 3], 0.03, 120, 'UINT8'),
      kernelU8([4, 3, 3, 3], 0.01, 100, 227),
      bias(4, [Math.fround(0.03 * 0.01)]),
    ],
    outputs: [q([1, 4, 4, 4], 0.05, 128, 'UINT8')],
    options: conv,
  },
  {
    name: 'CONV_2D uint8, a kernel that does not',
    code: 'CONV_2D',
    inputs: [
      q([1, 4, 4, 3], 0.03, 120, 'UINT8'),
      kernelU8([4, 3, 3, 3], 0.01, 60),
      bias(4, [Math.fround(0.03 * 0.01)]),
    ],
    outputs: [q([1, 4, 4, 4], 0.2, 100, 'UINT8')],
    options: conv,
  },
  {
    name: 'DEPTHWISE_CONV_2D multiplier 2',
    code: 'DEPTHWISE_CONV_2D',
    inputs: [q([1, 6, 6, 3], 0.03, 5), kernel([1, 3, 3, 6], c6, 3), bias(6, biasScales(0.03, c6))],
    outputs: [q([1, 6, 6, 6], 0.04, -50)],
    options: { [DEPTHWISE.strideH]: one, [DEPTHWISE.strideW]: one, 3: two, [DEPTHWISE.activation]: relu },
  },
  {
    name: 'FULLY_CONNECTED',
    code: 'FULLY_CONNECTED',
    inputs: [q([1, 16], 0.03, 5), kernel([6, 16], [0.01]), bias(6, [Math.fround(0.03 * 0.01)])],
    outputs: [q([1, 6], 0.05, 3)],
  },
  {
    name: 'FULLY_CONNECTED several rows',
    code: 'FULLY_CONNECTED',
    inputs: [q([1, 5, 16], 0.03, 5), kernel([6, 16], [0.01]), bias(6, [Math.fround(0.03 * 0.01)])],
    outputs: [q([1, 5, 6], 0.05, 3)],
    options: { [FULLY_CONNECTED.keepDims]: { int8: 1 }, [FULLY_CONNECTED.activation]: relu },
  },
];

const image = [1, 4, 6, 3];

const others: Case[] = [
  ...['ADD', 'SUB', 'MUL'].map((code): Case => ({
    name: code,
    code,
    inputs: [q(image, 0.02, 3), q(image, 0.031, -7)],
    outputs: [q(image, 0.045, 11)],
  })),
  {
    name: 'ADD relu6, a constant of one value a channel',
    code: 'ADD',
    inputs: [q(image, 0.02, 3), { ...q([3], 0.02, 4), data: Int8Array.of(-100, 0, 90) }],
    outputs: [q(image, 6 / 255, -128)],
    options: { [ARITHMETIC.activation]: relu6 },
  },
  ...['MAXIMUM', 'MINIMUM'].map((code): Case => ({
    name: code,
    code,
    inputs: [q(image, 0.02, 3), q(image, 0.02, 3)],
    outputs: [q(image, 0.02, 3)],
  })),
  ...['AVERAGE_POOL_2D', 'MAX_POOL_2D'].map((code) =>
    unary(code, q(image, 0.02, 3), q([1, 2, 6, 3], 0.02, 3), {
      options: { [POOL.strideH]: two, [POOL.strideW]: one, [POOL.height]: two, [POOL.width]: { int32: 3 } },
    }),
  ),
  unary('MEAN', q(image, 0.02, 3), q([1, 3], 0.015, -4), { inputs: [q(image, 0.02, 3), ints(1, 2)] }),
  unary('RESHAPE', q(image, 0.02, 3), q([1, 24, 3], 0.02, 3), {
    inputs: [q(image, 0.02, 3), ints(1, 24, 3)],
  }),
  unary('TRANSPOSE', q(image, 0.02, 3), q([1, 3, 4, 6], 0.02, 3), {
    inputs: [q(image, 0.02, 3), ints(0, 3, 1, 2)],
  }),
  unary('CONCATENATION', q(image, 0.02, 3), q([1, 4, 6, 6], 0.02, 3), {
    inputs: [q(image, 0.02, 3), q(image, 0.02, 3)],
    options: { 0: { int32: 3 } },
  }),
  unary('SLICE', q(image, 0.02, 3), q([1, 2, 6, 2], 0.02, 3), {
    inputs: [q(image, 0.02, 3), ints(0, 1, 0, 1), ints(1, 2, 6, 2)],
  }),
  unary('PAD', q(image, 0.02, 3), q([1, 5, 6, 3], 0.02, 3), {
    inputs: [
      q(image, 0.02, 3),
      { shape: [4, 2], type: 'INT32', data: Int32Array.of(0, 0, 1, 0, 0, 0, 0, 0) },
    ],
  }),
  unary('LOGISTIC', q(image, 0.03, 3), q(image, 1 / 256, -128)),
  unary('TANH', q(image, 0.03, 3), q(image, 1 / 128, 0)),
  unary('HARD_SWISH', q(image, 0.03, 3), q(image, 0.025, -110)),
  unary('LEAKY_RELU', q(image, 0.03, 3), q(image, 0.02, -60), { options: { 0: { float32: 0.1 } } }),
  unary('RELU', q(image, 0.03, 3), q(image, 0.02, -128)),
  unary('RELU6', q(image, 0.03, 3), q(image, 6 / 255, -128)),
  unary('QUANTIZE', q(image, 0.03, 3), q(image, 0.04, -20), { name: 'QUANTIZE to another scale' }),
  unary('DEQUANTIZE', q(image, 0.03, 3), { shape: image }),
  unary('RESIZE_NEAREST_NEIGHBOR', q(image, 0.03, 3), q([1, 7, 9, 3], 0.03, 3), {
    inputs: [q(image, 0.03, 3), ints(7, 9)],
  }),
  unary('SOFTMAX', q([1, 10], 0.05, 3), q([1, 10], 1 / 256, -128), { options: { 0: { float32: 1 } } }),
];

export const INT8_CASES: Case[] = [...linear, ...others];
