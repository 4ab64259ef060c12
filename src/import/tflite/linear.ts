/** Convolutions and matrix products. */
import { elements, transposed } from '../../graph/index.js';
import type { ConstantData, ForeignWeightData, Value } from '../values.js';
import { fusedActivation } from './activation.js';
import { NotSupported, type Convert, type OperatorCall } from './call.js';
import { spacedGeometry, staySpaced } from './spaced.js';
import { BATCH_MATMUL, CONV, DEPTHWISE, FULLY_CONNECTED, PADDINGS, TRANSPOSE_CONV } from './schema.js';

/** Places of the fields that every window has. */
interface WindowFields {
  padding: number;
  strideW: number;
  strideH: number;
  dilationW?: number;
  dilationH?: number;
}

export interface Geometry {
  strides: number[];
  dilations: number[];
  /** [top, left, bottom, right] */
  pads: number[];
}

/** Strides, dilations and explicit pads of a window [rows, columns] over an image [1,H,W,C]. */
export function geometry(call: OperatorCall, fields: WindowFields, size: number[], image: Value): Geometry {
  if (image.shape.length !== 4) throw call.error(`input: expected [1,H,W,C], got [${image.shape}]`);
  if (image.shape[0] !== 1) throw new NotSupported(`input: expected a batch of 1, got [${image.shape}]`);
  const strides = [call.int32(fields.strideH), call.int32(fields.strideW)];
  const dilations = [fields.dilationH, fields.dilationW].map((field) =>
    field === undefined ? 1 : call.int32(field, 1),
  );
  if (![...strides, ...dilations, ...size].every((value) => value >= 1))
    throw call.error(`strides, dilations, size: expected at least 1, got ${strides}, ${dilations}, ${size}`);
  if (!isSame(call, fields.padding)) return { strides, dilations, pads: [0, 0, 0, 0] };
  const [rows, columns] = [0, 1].map((axis) =>
    samePads(image.shape[axis + 1], size[axis], strides[axis], dilations[axis]),
  );
  return { strides, dilations, pads: [rows[0], columns[0], rows[1], columns[1]] };
}

export function isSame(call: OperatorCall, field: number): boolean {
  const padding = PADDINGS[call.int8(field)];
  if (!padding) throw call.error(`padding: expected 0 (SAME) or 1 (VALID), got ${call.int8(field)}`);
  return padding === 'SAME';
}

/** Output of ceil(length / stride); what is left over goes behind. */
function samePads(length: number, size: number, stride: number, dilation: number): [number, number] {
  const output = Math.ceil(length / stride);
  const total = Math.max(0, (output - 1) * stride + (size - 1) * dilation + 1 - length);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Kernels are [O,KH,KW,C] in both worlds; fewer channels than the image has make groups. */
const conv2d: Convert = (call) => {
  const image = call.spacedInput(0);
  const kernel = kernelOf(call, 1, 4);
  const [, rows, columns, channels] = kernel.shape;
  const { own, after } = fusedActivation(call, CONV.activation);
  const groups = image.shape[3] / channels;
  const attributes = {
    ...spacedGeometry(call, image, geometry(call, CONV, [rows, columns], image)),
    ...(groups > 1 && { groups }),
    activation: own,
  };
  const y = call.builder.op(call.name, 'conv2d', [image], attributes, withBias(call, kernel, 2));
  return staySpaced(call, image, after(y));
};

/** [1,KH,KW,C*M] -> [C*M,KH,KW,1] */
const depthwiseConv2d: Convert = (call) => {
  const image = call.spacedInput(0);
  const foreign = kernelOf(call, 1, 4);
  const [, rows, columns, outputs] = foreign.shape;
  const data = transposed(foreign.data as Float32Array, [rows, columns, outputs], [2, 0, 1]);
  const kernel = { shape: [outputs, rows, columns, 1], data };
  call.quantized.sameScales(foreign.data, data);
  const { own, after } = fusedActivation(call, DEPTHWISE.activation);
  const window = spacedGeometry(call, image, geometry(call, DEPTHWISE, [rows, columns], image));
  const attributes = { ...window, activation: own };
  const y = call.builder.op(call.name, 'depthwise_conv2d', [image], attributes, withBias(call, kernel, 2));
  return staySpaced(call, image, after(y));
};

/** Inputs: output shape, kernel [O,KH,KW,C], image, bias. */
const transposeConv: Convert = (call) => {
  const [, height, width] = call.numbers(0, 'output_shape');
  const kernel = kernelOf(call, 1, 4);
  const [, rows, columns] = kernel.shape;
  const image = call.input(2);
  const strides = [call.int32(TRANSPOSE_CONV.strideH), call.int32(TRANSPOSE_CONV.strideW)];
  const cut = [height, width].map((length, axis) => {
    const size = [rows, columns][axis];
    const full = (image.shape[axis + 1] - 1) * strides[axis] + size;
    const total = isSame(call, TRANSPOSE_CONV.padding) ? Math.max(0, full - length) : 0;
    const before = Math.floor(total / 2);
    // What the output has beyond all windows is output padding, what it lacks is cut behind.
    return {
      before,
      after: Math.max(0, full - before - length),
      beyond: Math.max(0, length + before - full),
    };
  });
  const { own, after } = fusedActivation(call, TRANSPOSE_CONV.activation);
  const attributes = {
    strides,
    pads: [cut[0].before, cut[1].before, cut[0].after, cut[1].after],
    output_padding: [cut[0].beyond, cut[1].beyond],
    activation: own,
  };
  return after(
    call.builder.op(call.name, 'conv_transpose2d', [image], attributes, withBias(call, kernel, 3)),
  );
};

/** `y = x w^T + bias` over the last axis; TFLite flattens what comes before it. */
const fullyConnected: Convert = (call) => {
  if (call.int8(FULLY_CONNECTED.weightsFormat) !== 0)
    throw new NotSupported('weights_format: expected DEFAULT, got SHUFFLED4x16INT8');
  const x = call.input(0);
  const { own, after } = fusedActivation(call, FULLY_CONNECTED.activation);
  const { shape } = call.input(1);
  const [outputs, inputs] = shape;
  if (shape.length !== 2 || elements(x.shape) % inputs !== 0)
    throw call.error(`weights: expected [O,I] for an input of [${x.shape}], got [${shape}]`);
  const rows = elements(x.shape) / inputs;
  const leading = call.bool(FULLY_CONNECTED.keepDims) ? x.shape.slice(0, -1) : [rows];
  if (call.input(1).constant) {
    const kernel = kernelOf(call, 1, 2);
    return after(affine(call, x, rows, kernel, withBias(call, kernel, 2), own, [...leading, outputs]));
  }
  const flat = call.builder.reshape(x, [rows, inputs], `${call.name}/flat`);
  const product = call.builder.matmul(call.name, flat, call.input(1), false, true);
  const bias = call.inputs[2];
  const sum = bias ? call.builder.binary(`${call.name}/bias`, 'add', product, bias, {}) : product;
  const active = own === 'linear' ? sum : call.builder.op(`${call.name}/${own}`, own, [sum]);
  return after(call.builder.reshape(active, [...leading, outputs], `${call.name}/shape`));
};

/** One row is a dense layer; several are a 1x1 convolution over a column of pixels, which int8 and pruning know. */
function affine(
  { builder, name }: OperatorCall,
  x: Value,
  rows: number,
  { shape: [outputs, inputs], data }: ForeignWeightData,
  weights: Record<string, ForeignWeightData>,
  activation: string,
  shape: number[],
): Value {
  if (rows === 1) {
    const flat = builder.reshape(x, [1, inputs], `${name}/flat`);
    const y = builder.op(name, 'dense', [flat], { activation }, weights, [1, outputs]);
    return builder.reshape(y, shape, `${name}/shape`);
  }
  const column = builder.reshape(x, [1, rows, 1, inputs], `${name}/column`);
  const kernel = { shape: [outputs, 1, 1, inputs], data };
  const y = builder.op(name, 'conv2d', [column], { activation }, { ...weights, kernel });
  return builder.reshape(y, shape, `${name}/shape`);
}

const batchMatmul: Convert = (call) => {
  const [a, b] = [call.input(0), call.input(1)];
  return call.builder.matmul(
    call.name,
    a,
    b,
    call.bool(BATCH_MATMUL.adjointX),
    call.bool(BATCH_MATMUL.adjointY),
  );
};

/** A constant kernel of that rank. */
function kernelOf(call: OperatorCall, index: number, rank: number): { shape: number[]; data: ConstantData } {
  const kernel = call.constant(index, 'weights');
  if (kernel.shape.length !== rank || kernel.data.length === 0)
    throw call.error(`weights: expected ${rank} dimensions, got [${kernel.shape}]`);
  checkFinite(call, 'weights', kernel.data);
  return { shape: kernel.shape, data: asF32(kernel.data) };
}

function asF32(data: ConstantData): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function withBias(
  call: OperatorCall,
  kernel: ForeignWeightData,
  index: number,
): Record<string, ForeignWeightData> {
  if (!call.inputs[index]) return { kernel };
  const { data } = call.constant(index, 'bias');
  const [outputs] = kernel.shape;
  if (data.length !== outputs) throw call.error(`bias: expected ${outputs} values, got ${data.length}`);
  checkFinite(call, 'bias', data);
  const unit = biasUnit(call, index);
  const bias = unit ? Float32Array.from(data, (b, o) => b * unit(o)) : asF32(data);
  return { kernel, bias: { shape: [outputs], data: bias } };
}

/** An INT32 bias without a scale of its own counts in input scale times kernel scale, as TFLite's kernels take every such bias. */
function biasUnit({ inputTensors }: OperatorCall, index: number): ((output: number) => number) | undefined {
  const bias = inputTensors[index];
  const x = inputTensors[index === 3 ? 2 : 0]?.quantization;
  const kernel = inputTensors[1]?.quantization;
  if (bias?.type !== 'INT32' || bias.quantization || !x || !kernel) return undefined;
  return (output) => x.scale[0] * kernel.scale[kernel.scale.length === 1 ? 0 : output];
}

function checkFinite(call: OperatorCall, what: string, data: ConstantData): void {
  const bad = data.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw call.error(`${what}: expected finite numbers, got ${bad}`);
}

export const LINEAR: Record<string, Convert> = {
  CONV_2D: conv2d,
  DEPTHWISE_CONV_2D: depthwiseConv2d,
  TRANSPOSE_CONV: transposeConv,
  FULLY_CONNECTED: fullyConnected,
  BATCH_MATMUL: batchMatmul,
};
