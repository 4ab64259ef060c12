/**
 * QuantizeLinear and DequantizeLinear. Where int8 is kept a tensor's codes are the graph's int8; where it is not, a
 * quantized tensor stands as its real values, and all that is left of its range is a clamp that cut something off.
 */
import { elements } from '../../graph/index.js';
import { ImportError } from '../errors.js';
import { clamp } from './elementwise.js';
import type { Call, Convert } from './call.js';
import { codesOf, quantizationOf, rangeOf, realOf } from './int8.js';
import { natural, reshape, type Codes, type Operand } from './operand.js';

/** A zero point's type is the codes' type; without one they are uint8, or int8 as opset 21's `output_dtype` says. */
function codesAt(call: Call): Codes {
  if (call.int('block_size', 0) !== 0)
    throw call.fault(`block_size: expected 0, got ${call.int('block_size', 0)}`);
  const scale = Float32Array.from(call.constantOf(call.input(1), 'scale').data);
  const zero = call.optional(2);
  const zeroPoint = zero && (call.constantOf(zero, 'zero_point').data as Float32Array);
  const isSigned = call.int('output_dtype', 2) === 3;
  const held =
    rangeOf(call.input(0).stored.constant) ?? (isSigned ? ([-128, 127] as [number, number]) : undefined);
  const bad = scale.find((value) => !(value > 0 && value < Infinity));
  if (bad !== undefined) throw new ImportError('value', `scale: expected positive numbers, got ${bad}`);
  const rank = call.input(0).shape.length;
  const axis = scale.length > 1 ? call.axis(call.int('axis', 1), rank) : 0;
  return codesOf(scale, zeroPoint, axis, held);
}

const quantizeLinear: Convert = (call) => {
  const x = call.input(0);
  const codes = codesAt(call);
  if (x.stored.constant) return quantizedConstant(call, x, codes);
  const q = quantizationOf(codes);
  if (!call.around.keepsInt8 || !q) return { ...clamped(call, x, codes), codes };
  if (x.int8 && same(x.int8.codes, codes)) return x.int8;
  const { builder, name } = call;
  const stored = builder.op(name, 'quantize', [x.stored], {}, {}, x.stored.shape, q);
  return { shape: x.shape, stored, sizes: x.sizes, axes: x.axes, kind: 'integer', codes };
};

function same(a: Codes | undefined, b: Codes): boolean {
  return a !== undefined && a.scale[0] === b.scale[0] && a.zeroPoint[0] === b.zeroPoint[0];
}

function quantizedConstant(call: Call, x: Operand, codes: Codes): Operand {
  const { data, shape } = call.constantOf(x, 'x');
  const at = channelAt(shape, codes);
  const [low, high] = codes.range;
  const whole = Int32Array.from(data, (value, i) => {
    const code = nearestEven(value / codes.scale[at(i)]) + codes.zeroPoint[at(i)];
    return Math.min(high, Math.max(low, code));
  });
  return { ...natural(call.builder.constant(whole, shape), 'integer'), codes };
}

function nearestEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest === 0.5 ? below + (below & 1) : Math.round(value);
}

/** Index of an element's scale. */
function channelAt(shape: readonly number[], { scale, axis }: Codes): (index: number) => number {
  if (scale.length === 1) return () => 0;
  if (scale.length !== shape[axis])
    throw new ImportError(
      'shape',
      `scale: expected ${shape[axis]} numbers for axis ${axis}, got ${scale.length}`,
    );
  const inner = elements(shape.slice(axis + 1));
  return (index) => Math.floor(index / inner) % shape[axis];
}

/** Operators whose output a quantizer's range may cut off, as a Relu that was merged into it did. */
const UNBOUNDED = [
  'Conv',
  'ConvTranspose',
  'Gemm',
  'MatMul',
  'Add',
  'Sub',
  'Mul',
  'Sum',
  'BatchNormalization',
];

/** A range from 0 is a relu, and one to 6 besides a relu6. */
function clamped(call: Call, x: Operand, { scale, zeroPoint, range }: Codes): Operand {
  const producer = call.around.producer(call.node.inputs[0]);
  const startsAtZero = scale.length === 1 && zeroPoint[0] === range[0];
  if (!startsAtZero || !producer || !UNBOUNDED.includes(producer.op)) return x;
  const most = (range[1] - zeroPoint[0]) * scale[0];
  return clamp(call, x, 0, Math.abs(most - 6) <= scale[0] ? 6 : Infinity);
}

const dequantizeLinear: Convert = (call) => {
  const x = call.input(0);
  const codes = codesAt(call);
  if (x.stored.constant) return realConstant(call, x, codes);
  if (x.codes && !same(x.codes, codes))
    throw call.fault('expected the scale and zero point that its input was quantized with, got others');
  if (x.stored.quantization) return realOf(call, x);
  if (x.codes) return { ...x, kind: 'float', codes: undefined };
  return affine(call, x, codes);
};

function realConstant(call: Call, x: Operand, codes: Codes): Operand {
  const { data, shape } = call.constantOf(x, 'x');
  const at = channelAt(shape, codes);
  const real = Float32Array.from(data, (code, i) => (code - codes.zeroPoint[at(i)]) * codes.scale[at(i)]);
  const operand = call.constant(real, shape);
  return call.around.keepsInt8 ? { ...operand, int8: { ...x, codes } } : operand;
}

/** Whole numbers from elsewhere, as a model's input: (x - zero point) * scale. */
function affine(call: Call, x: Operand, { scale, zeroPoint, axis }: Codes): Operand {
  const wide = (data: ArrayLike<number>): Operand => {
    const shape = x.shape.map((dim, i) => (i === axis && data.length > 1 ? dim : 1));
    return reshape(call.builder, call.constant(Float32Array.from(data), [data.length]), shape, call.name);
  };
  const centred = call.elementwise('sub', [x, wide(zeroPoint)], {}, 'float', `${call.name}/centred`);
  return call.elementwise('mul', [centred, wide(scale)], {}, 'float');
}

/** Its scale is found at run time for each input: the real values are taken instead, with a scale of 1. */
const dynamicQuantizeLinear: Convert = (call) => [
  { ...call.input(0), kind: 'integer' },
  call.scalar(1),
  call.scalar(0, 'integer'),
];

export const quantization: Record<string, Convert> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
};
