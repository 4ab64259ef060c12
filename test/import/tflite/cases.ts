/** One small model for each operator and setting: an operator, its tensors, and seeded values for its inputs. */
import { elements } from '../../../src/graph/index.js';
import * as schema from '../../../src/import/tflite/schema.js';
import { random } from '../../helpers/random.js';
import { writeTflite, type Table, type TensorSpec } from './write.js';

export interface Case {
  name: string;
  code: string;
  /** A tensor with data is a constant; the others are the model's inputs; null is left out. */
  inputs: (TensorSpec | null)[];
  outputs: TensorSpec[];
  options?: Table;
  /** Range of the inputs' values; default -2..2. */
  range?: [number, number];
  /** Whole numbers. */
  whole?: boolean;
}

const { CONV, DEPTHWISE, POOL, FULLY_CONNECTED, STRIDED_SLICE } = schema;
const SAME = { int8: 0 };
const VALID = { int8: 1 };
const one = { int32: 1 };
const two = { int32: 2 };

/** A constant of seeded normal numbers. */
function weights(shape: number[], seed = 1): TensorSpec {
  const { normal } = random(seed);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => normal() / 2) };
}

function ints(...values: number[]): TensorSpec {
  return { shape: [values.length], type: 'INT32', data: Int32Array.from(values) };
}

function scalar(value: number): TensorSpec {
  return { shape: [], type: 'INT32', data: Int32Array.of(value) };
}

function real(value: number): TensorSpec {
  return { shape: [], data: Float32Array.of(value) };
}

function x(...shape: number[]): TensorSpec {
  return { shape };
}

function unary(code: string, extra: Partial<Case> = {}): Case {
  return { name: code, code, inputs: [x(1, 3, 5)], outputs: [x(1, 3, 5)], ...extra };
}

function binary(code: string, extra: Partial<Case> = {}): Case {
  return { name: code, code, inputs: [x(1, 3, 4), x(1, 3, 4)], outputs: [x(1, 3, 4)], ...extra };
}

function truth(code: string): Case {
  return binary(code, { outputs: [{ shape: [1, 3, 4], type: 'BOOL' }], whole: true });
}

function conv(name: string, options: Table, image: number[], kernel: number[], output: number[]): Case {
  return {
    name: `CONV_2D ${name}`,
    code: 'CONV_2D',
    inputs: [x(...image), weights(kernel), weights([kernel[0]], 2)],
    outputs: [x(...output)],
    options,
  };
}

function pool(code: string, padding: { int8: number }, output: number[], activation = 0): Case {
  const options = {
    [POOL.padding]: padding,
    [POOL.strideH]: two,
    [POOL.strideW]: one,
    [POOL.height]: { int32: 3 },
    [POOL.width]: two,
    [POOL.activation]: { int8: activation },
  };
  return {
    name: `${code} ${padding.int8 === 0 ? 'SAME' : 'VALID'} ${activation}`,
    code,
    inputs: [x(1, 6, 5, 2)],
    outputs: [x(...output)],
    options,
  };
}

function reduce(
  code: string,
  axes: number[],
  keepDims: boolean,
  output: number[],
  shape = [1, 3, 4, 2],
): Case {
  return {
    name: `${code} over ${axes}${keepDims ? ' kept' : ''}`,
    code,
    inputs: [x(...shape), ints(...axes)],
    outputs: [x(...output)],
    options: { 0: { int8: keepDims ? 1 : 0 } },
  };
}

function resize(code: string, alignCorners: number, halfPixel: number, size: [number, number]): Case {
  const fields = code === 'RESIZE_BILINEAR' ? schema.RESIZE_BILINEAR : schema.RESIZE_NEAREST;
  return {
    name: `${code} ${alignCorners}${halfPixel} to ${size}`,
    code,
    inputs: [x(1, 3, 4, 2), ints(...size)],
    outputs: [x(1, ...size, 2)],
    options: { [fields.alignCorners]: { int8: alignCorners }, [fields.halfPixel]: { int8: halfPixel } },
  };
}

function strided(
  name: string,
  masks: Partial<Record<keyof typeof STRIDED_SLICE, number>>,
  ranges: number[][],
  shape: number[],
): Case {
  const options = Object.fromEntries(
    Object.entries(masks).map(([mask, value]) => [
      STRIDED_SLICE[mask as keyof typeof STRIDED_SLICE],
      { int32: value },
    ]),
  );
  return {
    name: `STRIDED_SLICE ${name}`,
    code: 'STRIDED_SLICE',
    inputs: [x(1, 4, 5, 3), ...ranges.map((range) => ints(...range))],
    outputs: [x(...shape)],
    options,
  };
}

const convolutions: Case[] = [
  conv(
    'SAME, stride 2',
    { [CONV.padding]: SAME, [CONV.strideH]: two, [CONV.strideW]: two },
    [1, 7, 6, 3],
    [4, 3, 3, 3],
    [1, 4, 3, 4],
  ),
  conv(
    'VALID, relu6',
    { [CONV.padding]: VALID, [CONV.strideH]: one, [CONV.strideW]: two, [CONV.activation]: { int8: 3 } },
    [1, 7, 6, 3],
    [4, 2, 3, 3],
    [1, 6, 2, 4],
  ),
  conv(
    'dilated, relu',
    {
      [CONV.padding]: SAME,
      [CONV.strideH]: one,
      [CONV.strideW]: one,
      [CONV.dilationH]: two,
      [CONV.dilationW]: { int32: 3 },
      [CONV.activation]: { int8: 1 },
    },
    [1, 7, 8, 2],
    [3, 3, 3, 2],
    [1, 7, 8, 3],
  ),
  conv(
    'groups',
    { [CONV.padding]: SAME, [CONV.strideH]: one, [CONV.strideW]: one },
    [1, 5, 5, 4],
    [6, 3, 3, 2],
    [1, 5, 5, 6],
  ),
  conv(
    'clamped to -1..1',
    { [CONV.padding]: SAME, [CONV.strideH]: one, [CONV.strideW]: one, [CONV.activation]: { int8: 2 } },
    [1, 4, 4, 2],
    [3, 1, 1, 2],
    [1, 4, 4, 3],
  ),
  {
    name: 'DEPTHWISE_CONV_2D multiplier 2',
    code: 'DEPTHWISE_CONV_2D',
    inputs: [x(1, 6, 6, 3), weights([1, 3, 3, 6]), weights([6], 2)],
    outputs: [x(1, 3, 3, 6)],
    options: {
      [DEPTHWISE.strideH]: two,
      [DEPTHWISE.strideW]: two,
      3: two,
      [DEPTHWISE.activation]: { int8: 1 },
    },
  },
  {
    name: 'DEPTHWISE_CONV_2D dilated',
    code: 'DEPTHWISE_CONV_2D',
    inputs: [x(1, 7, 7, 2), weights([1, 3, 2, 2]), weights([2], 2)],
    outputs: [x(1, 7, 7, 2)],
    options: {
      [DEPTHWISE.strideH]: one,
      [DEPTHWISE.strideW]: one,
      3: one,
      [DEPTHWISE.dilationH]: two,
      [DEPTHWISE.dilationW]: two,
    },
  },
  ...[
    ['SAME', SAME, [1, 6, 8, 3], [3, 3]],
    ['VALID', VALID, [1, 7, 9, 3], [3, 3]],
    ['small kernel', SAME, [1, 6, 8, 3], [1, 1]],
  ].map(([name, padding, output, size]): Case => ({
    name: `TRANSPOSE_CONV ${name as string}`,
    code: 'TRANSPOSE_CONV',
    inputs: [ints(...(output as number[])), weights([3, ...(size as number[]), 2]), x(1, 3, 4, 2)],
    outputs: [x(...(output as number[]))],
    options: { 0: padding as { int8: number }, 1: two, 2: two },
  })),
  {
    name: 'FULLY_CONNECTED one row',
    code: 'FULLY_CONNECTED',
    inputs: [x(1, 2, 3), weights([4, 6]), weights([4], 2)],
    outputs: [x(1, 4)],
    options: { [FULLY_CONNECTED.activation]: { int8: 1 } },
  },
  {
    name: 'FULLY_CONNECTED keeps dims, no bias',
    code: 'FULLY_CONNECTED',
    inputs: [x(1, 5, 3), weights([4, 3]), null],
    outputs: [x(1, 5, 4)],
    options: { [FULLY_CONNECTED.keepDims]: { int8: 1 } },
  },
  {
    name: 'BATCH_MATMUL adjoint',
    code: 'BATCH_MATMUL',
    inputs: [x(1, 2, 3, 4), x(1, 2, 5, 4)],
    outputs: [x(1, 2, 3, 5)],
    options: { [schema.BATCH_MATMUL.adjointY]: { int8: 1 } },
  },
];

const pools = [
  pool('AVERAGE_POOL_2D', SAME, [1, 3, 5, 2]),
  pool('AVERAGE_POOL_2D', VALID, [1, 2, 4, 2], 1),
  pool('MAX_POOL_2D', SAME, [1, 3, 5, 2]),
  pool('MAX_POOL_2D', VALID, [1, 2, 4, 2]),
];

const elementwise: Case[] = [
  ...['ADD', 'SUB', 'MUL', 'MAXIMUM', 'MINIMUM', 'SQUARED_DIFFERENCE'].map((code) => binary(code)),
  binary('ADD', {
    name: 'ADD relu6, broadcast',
    inputs: [x(1, 3, 4), weights([4])],
    options: { 0: { int8: 3 } },
  }),
  binary('SUB', { name: 'SUB broadcast from the left', inputs: [weights([4]), x(1, 3, 4)] }),
  binary('DIV', { range: [0.5, 3], options: { 0: { int8: 1 } } }),
  binary('POW', { range: [0.1, 2] }),
  binary('FLOOR_DIV', { range: [0.5, 9] }),
  binary('FLOOR_MOD', { range: [0.5, 9] }),
  ...['EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'].map(truth),
  ...[
    'RELU',
    'RELU6',
    'RELU_N1_TO_1',
    'LOGISTIC',
    'TANH',
    'HARD_SWISH',
    'ABS',
    'NEG',
    'EXP',
    'SQUARE',
    'SIN',
    'COS',
    'FLOOR',
    'CEIL',
    'ROUND',
    'ELU',
  ].map((code) => unary(code, { range: [-7, 7] })),
  ...['LOG', 'SQRT', 'RSQRT'].map((code) => unary(code, { range: [0.1, 5] })),
  unary('LEAKY_RELU', { options: { 0: { float32: 0.125 } } }),
  unary('GELU', { options: { 0: { int8: 1 } } }),
  unary('GELU', { name: 'GELU exact' }),
  unary('PRELU', { inputs: [x(1, 3, 4, 5), weights([1, 1, 5])], outputs: [x(1, 3, 4, 5)] }),
  unary('SOFTMAX', { options: { 0: { float32: 0.5 } } }),
  unary('LOG_SOFTMAX'),
  unary('L2_NORMALIZATION'),
  unary('CAST', { outputs: [{ shape: [1, 3, 5], type: 'INT32' }], range: [-7, 7] }),
];

const layout: Case[] = [
  unary('RESHAPE', { inputs: [x(1, 3, 4), ints(1, -1, 2)], outputs: [x(1, 6, 2)] }),
  unary('SQUEEZE', { inputs: [x(1, 3, 1, 4)], outputs: [x(1, 3, 4)], options: { 0: { int32s: [2] } } }),
  unary('EXPAND_DIMS', { inputs: [x(1, 3, 4), scalar(-1)], outputs: [x(1, 3, 4, 1)] }),
  unary('TRANSPOSE', { inputs: [x(1, 2, 3, 4), ints(0, 3, 1, 2)], outputs: [x(1, 4, 2, 3)] }),
  unary('TRANSPOSE', {
    name: 'TRANSPOSE batch moved',
    inputs: [x(1, 2, 3), ints(1, 0, 2)],
    outputs: [x(2, 1, 3)],
  }),
  unary('CONCATENATION', {
    inputs: [x(1, 2, 3), x(1, 4, 3)],
    outputs: [x(1, 6, 3)],
    options: { 0: { int32: 1 } },
  }),
  unary('CONCATENATION', {
    name: 'CONCATENATION last, with a constant',
    inputs: [x(1, 2, 3), weights([1, 2, 2])],
    outputs: [x(1, 2, 5)],
    options: { 0: { int32: -1 } },
  }),
  unary('PACK', { inputs: [x(1, 3), x(1, 3)], outputs: [x(1, 2, 3)], options: { 0: two, 1: one } }),
  unary('UNPACK', { inputs: [x(1, 2, 3)], outputs: [x(1, 3), x(1, 3)], options: { 0: two, 1: one } }),
  unary('SPLIT', { inputs: [scalar(2), x(1, 2, 6)], outputs: [x(1, 2, 3), x(1, 2, 3)], options: { 0: two } }),
  unary('SPLIT_V', {
    inputs: [x(1, 2, 6), ints(1, -1, 2), scalar(-1)],
    outputs: [x(1, 2, 1), x(1, 2, 3), x(1, 2, 2)],
    options: { 0: { int32: 3 } },
  }),
  unary('SLICE', { inputs: [x(1, 4, 5), ints(0, 1, 2), ints(1, 2, -1)], outputs: [x(1, 2, 3)] }),
  strided(
    'with ends from behind',
    { beginMask: 0b0010, endMask: 0b0001 },
    [
      [0, 9, 1, 0],
      [1, -1, 5, 2],
      [1, 1, 2, 1],
    ],
    [1, 3, 2, 2],
  ),
  strided(
    'backwards',
    { beginMask: 0b0110, endMask: 0b0010 },
    [
      [0, 0, 0, 0],
      [1, 0, 1, 3],
      [1, -1, -2, 1],
    ],
    [1, 4, 2, 3],
  ),
  strided(
    'an index and a new axis',
    { shrinkAxisMask: 0b0010, newAxisMask: 0b0100, endMask: 0b1000 },
    [
      [0, -2, 0, 1],
      [1, 0, 0, 0],
      [1, 1, 1, 2],
    ],
    [1, 1, 2, 3],
  ),
  strided(
    'an ellipsis',
    { ellipsisMask: 0b010 },
    [
      [0, 0, 1],
      [1, 0, 3],
      [1, 1, 1],
    ],
    [1, 4, 5, 2],
  ),
  unary('TILE', { inputs: [x(1, 2, 3), ints(1, 2, 3)], outputs: [x(1, 4, 9)] }),
  unary('BROADCAST_TO', { inputs: [x(1, 1, 3), ints(1, 4, 3)], outputs: [x(1, 4, 3)] }),
  unary('GATHER', { inputs: [x(1, 4, 3), ints(3, 0, 3)], outputs: [x(1, 3, 3)], options: { 0: one } }),
  unary('GATHER', {
    name: 'GATHER by indices known at run time',
    inputs: [weights([5, 3]), { shape: [1, 4], type: 'INT32' }],
    outputs: [x(1, 4, 3)],
    whole: true,
    range: [0, 4],
  }),
  unary('GATHER_ND', {
    inputs: [x(1, 4, 3), { shape: [2, 2], type: 'INT32', data: Int32Array.of(0, 3, 0, 1) }],
    outputs: [x(2, 3)],
  }),
  unary('PAD', {
    inputs: [x(1, 2, 3, 2), { shape: [4, 2], type: 'INT32', data: Int32Array.of(0, 0, 1, 2, 0, 1, 0, 0) }],
    outputs: [x(1, 5, 4, 2)],
  }),
  unary('PADV2', {
    inputs: [x(1, 2, 3), { shape: [3, 2], type: 'INT32', data: Int32Array.of(0, 0, 1, 0, 0, 2) }, real(-3.5)],
    outputs: [x(1, 3, 5)],
  }),
  unary('MIRROR_PAD', {
    inputs: [x(1, 3, 4), { shape: [3, 2], type: 'INT32', data: Int32Array.of(0, 0, 1, 2, 2, 1) }],
    outputs: [x(1, 6, 7)],
  }),
  unary('MIRROR_PAD', {
    name: 'MIRROR_PAD symmetric',
    inputs: [x(1, 3, 4), { shape: [3, 2], type: 'INT32', data: Int32Array.of(0, 0, 1, 2, 2, 1) }],
    outputs: [x(1, 6, 7)],
    options: { 0: { int8: 1 } },
  }),
  unary('REVERSE_V2', { inputs: [x(1, 3, 4), ints(1)], outputs: [x(1, 3, 4)] }),
  unary('ONE_HOT', {
    inputs: [{ shape: [1, 4], type: 'INT32' }, scalar(5), real(2), real(-1)],
    outputs: [x(1, 4, 5)],
    options: { 0: { int32: -1 } },
    whole: true,
    range: [0, 4],
  }),
  unary('SELECT_V2', {
    inputs: [{ shape: [3, 1], type: 'BOOL', data: Uint8Array.of(1, 0, 1) }, x(1, 3, 4), real(7)],
    outputs: [x(1, 3, 4)],
  }),
];

const images: Case[] = [
  ...[
    [0, 0],
    [1, 0],
    [0, 1],
  ].flatMap(([align, half]) => [
    resize('RESIZE_BILINEAR', align, half, [5, 7]),
    resize('RESIZE_BILINEAR', align, half, [2, 2]),
    resize('RESIZE_NEAREST_NEIGHBOR', align, half, [5, 7]),
    resize('RESIZE_NEAREST_NEIGHBOR', align, half, [2, 3]),
  ]),
  unary('DEPTH_TO_SPACE', { inputs: [x(1, 2, 3, 8)], outputs: [x(1, 4, 6, 2)], options: { 0: two } }),
  unary('SPACE_TO_DEPTH', { inputs: [x(1, 4, 6, 2)], outputs: [x(1, 2, 3, 8)], options: { 0: two } }),
];

const reductions: Case[] = [
  reduce('MEAN', [1, 2], false, [1, 2]),
  reduce('MEAN', [1, 2], true, [1, 1, 1, 2]),
  reduce('MEAN', [-1], true, [1, 3, 4, 1]),
  reduce('SUM', [1, 3], false, [1, 4]),
  reduce('REDUCE_MAX', [2], false, [1, 3, 2]),
  reduce('REDUCE_MIN', [0, 1], true, [1, 1, 4, 2]),
  reduce('REDUCE_PROD', [-2], false, [1, 3, 2]),
  unary('ARG_MAX', {
    inputs: [x(1, 3, 5), scalar(-1)],
    outputs: [{ shape: [1, 3], type: 'INT32' }],
    options: { 0: { int8: 2 } },
  }),
  unary('ARG_MIN', {
    inputs: [x(1, 3, 5), scalar(1)],
    outputs: [{ shape: [1, 5], type: 'INT32' }],
    options: { 0: { int8: 2 } },
  }),
];

function lstm(timeMajor: boolean): Case {
  const gates = [0, 1, 2, 3];
  const shape = timeMajor ? [4, 1, 3] : [1, 4, 3];
  return {
    name: `UNIDIRECTIONAL_SEQUENCE_LSTM${timeMajor ? ' time major' : ''}`,
    code: 'UNIDIRECTIONAL_SEQUENCE_LSTM',
    inputs: [
      x(...shape),
      ...gates.map((gate) => weights([5, 3], gate)),
      ...gates.map((gate) => weights([5, 5], 10 + gate)),
      null,
      null,
      null,
      ...gates.map((gate) => weights([5], 20 + gate)),
      null,
      null,
      { shape: [1, 5], isVariable: true },
      { shape: [1, 5], isVariable: true },
      null,
      null,
      null,
      null,
    ],
    outputs: [x(...shape.with(2, 5))],
    options: { 0: { int8: 4 }, 3: { int8: timeMajor ? 1 : 0 } },
  };
}

const recurrent = [lstm(false), lstm(true)];

export const CASES: Case[] = [
  ...convolutions,
  ...pools,
  ...elementwise,
  ...layout,
  ...images,
  ...reductions,
  ...recurrent,
];

function isInput(tensor: TensorSpec | null): boolean {
  return tensor !== null && !tensor.data && !tensor.isVariable;
}

/** The case's model: its tensors in the order inputs, outputs. */
export function modelOf({ code, inputs, outputs, options }: Case): Uint8Array {
  const present = inputs.filter((tensor) => tensor !== null);
  const tensors = [...present, ...outputs];
  const index = (tensor: TensorSpec | null): number => (tensor ? tensors.indexOf(tensor) : -1);
  return writeTflite({
    tensors,
    operators: [{ code, inputs: inputs.map(index), outputs: outputs.map(index), options }],
    inputs: present.filter((tensor) => isInput(tensor)).map(index),
    outputs: outputs.map(index),
  });
}

/**
 * Seeded values of the case's inputs: multiples of 1/64, which decimals say exactly, whole numbers, or, where the input is
 * quantized, what its stored numbers mean.
 */
export function valuesOf({ inputs, range = [-2, 2], whole = false }: Case): Float32Array[] {
  const { next, int } = random(7);
  const grid = whole ? 1 : 64;
  return inputs
    .filter((tensor) => isInput(tensor))
    .map((tensor) => {
      const { shape, type, scale, zeroPoint = [0] } = tensor!;
      const shift = type === 'UINT8' ? 128 : 0;
      return Float32Array.from({ length: elements(shape) }, () =>
        scale
          ? scale[0] * (int(-128, 127) + shift - zeroPoint[0])
          : Math.round((range[0] + next() * (range[1] - range[0])) * grid) / grid,
      );
    });
}
