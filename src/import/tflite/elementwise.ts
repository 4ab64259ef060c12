/** Operators that work element by element. */
import { broadcastShape, scalarOf, type Value } from '../values.js';
import { activated, fusedActivation } from './activation.js';
import { NotSupported, type Convert } from './call.js';
import { ARITHMETIC, GELU, LEAKY_RELU } from './schema.js';

function unary(op: string, attributes: Record<string, number | string> = {}): Convert {
  return ({ builder, name, input }) => builder.op(name, op, [input(0)], attributes);
}

function binary(op: string): Convert {
  return ({ builder, name, input }) => builder.binary(name, op, input(0), input(1));
}

/** ADD, SUB, MUL, DIV with their fused activation. */
function arithmetic(op: string): Convert {
  return (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    if (op === 'div') return activated(call, ARITHMETIC.activation, call.builder.binary(call.name, op, a, b));
    const { own, after } = fusedActivation(call, ARITHMETIC.activation);
    return after(call.builder.binary(call.name, op, a, b, { activation: own }));
  };
}

const addN: Convert = ({ builder, name, inputs, input }) =>
  inputs.slice(1).reduce((sum: Value, _, i) => builder.binary(name, 'add', sum, input(i + 1)), input(0));

const leakyRelu: Convert = (call) =>
  call.builder.op(call.name, 'leaky_relu', [call.input(0)], { alpha: call.float32(LEAKY_RELU.alpha) });

const gelu: Convert = (call) =>
  call.builder.op(call.name, 'gelu', [call.input(0)], {
    approximate: call.bool(GELU.approximate) ? 'tanh' : 'none',
  });

const prelu: Convert = ({ builder, name, input }) => builder.op(name, 'prelu', [input(0), input(1)]);

/** SELECT's condition of one dimension chooses whole rows of the first axis. */
const select: Convert = ({ builder, name, input, code }) => {
  const [condition, a, b] = [input(0), input(1), input(2)];
  const rows = code === 'SELECT' && condition.shape.length === 1 && a.shape.length > 1;
  const shaped = rows
    ? builder.reshape(condition, [condition.shape[0], ...a.shape.slice(1).map(() => 1)], `${name}/condition`)
    : condition;
  const shape = broadcastShape(shaped.shape, broadcastShape(a.shape, b.shape, name), name);
  return builder.op(name, 'where', [shaped, a, b], {}, {}, shape);
};

/** `x` to another type: fractions go where the new type has none. */
const cast: Convert = (call) => {
  const x = call.input(0);
  const [from, to] = [call.inputTensors[0]!.type, call.outputTensors[0].type];
  const real = ['FLOAT32', 'FLOAT16', 'FLOAT64', 'BFLOAT16'];
  if (to === 'BOOL' && from !== 'BOOL') {
    const zero = call.builder.constant(Float32Array.of(0), []);
    return call.builder.binary(call.name, 'not_equal', x, zero);
  }
  if (real.includes(from) && !real.includes(to)) return call.builder.op(call.name, 'trunc', [x]);
  return x;
};

/** Real values stand for themselves; what the new scale does is kept where the model's int8 is. */
const quantize: Convert = ({ input }) => input(0);

const logSoftmax: Convert = ({ builder, name, input }) => {
  const scores = builder.softmax(`${name}/softmax`, input(0), -1);
  return builder.op(name, 'log', [scores]);
};

const softmax: Convert = (call) => {
  const beta = call.float32(0, 1);
  const x = call.input(0);
  const scale = call.builder.constant(Float32Array.of(beta), []);
  const scaled = beta === 1 ? x : call.builder.binary(`${call.name}/beta`, 'mul', x, scale);
  return call.builder.softmax(call.name, scaled, -1);
};

/** `x / max(sqrt(sum x^2), 1e-6)` over the last axis. */
const l2Normalization: Convert = ({ builder, name, input }) => {
  const x = input(0);
  const square = builder.op(`${name}/square`, 'square', [x]);
  const sum = builder.reduce(`${name}/sum`, 'reduce_sum', square, [-1], true);
  const least = builder.constant(Float32Array.of(1e-12), []);
  const length = builder.op(`${name}/sqrt`, 'sqrt', [builder.binary(`${name}/max`, 'max', sum, least)]);
  return builder.binary(name, 'div', x, length);
};

const fill: Convert = (call) => {
  const shape = call.numbers(0, 'dims');
  const value = call.input(1);
  if (value.constant && shape.every((dim) => dim >= 0) && shape.reduce((a, b) => a * b, 1) <= 2 ** 26) {
    const count = shape.reduce((a, b) => a * b, 1);
    return call.builder.constant(new Float32Array(count).fill(scalarOf(value, 'value')), shape);
  }
  throw new NotSupported(`value: expected a constant of at most 2^26 elements, got [${shape}]`);
};

export const ELEMENTWISE: Record<string, Convert> = {
  ADD: arithmetic('add'),
  SUB: arithmetic('sub'),
  MUL: arithmetic('mul'),
  DIV: arithmetic('div'),
  ADD_N: addN,
  MAXIMUM: binary('max'),
  MINIMUM: binary('min'),
  POW: binary('pow'),
  SQUARED_DIFFERENCE: binary('squared_difference'),
  FLOOR_DIV: binary('floor_div'),
  FLOOR_MOD: binary('floor_mod'),
  ATAN2: binary('atan2'),
  EQUAL: binary('equal'),
  NOT_EQUAL: binary('not_equal'),
  LESS: binary('less'),
  LESS_EQUAL: binary('less_equal'),
  GREATER: binary('greater'),
  GREATER_EQUAL: binary('greater_equal'),
  LOGICAL_AND: binary('logical_and'),
  LOGICAL_OR: binary('logical_or'),
  LOGICAL_NOT: unary('logical_not'),
  SELECT: select,
  SELECT_V2: select,
  RELU: unary('relu'),
  RELU6: unary('relu6'),
  RELU_N1_TO_1: unary('clip', { min: -1, max: 1 }),
  RELU_0_TO_1: unary('clip', { min: 0, max: 1 }),
  LEAKY_RELU: leakyRelu,
  PRELU: prelu,
  ELU: unary('elu', { alpha: 1 }),
  GELU: gelu,
  LOGISTIC: unary('sigmoid'),
  TANH: unary('tanh'),
  HARD_SWISH: unary('hard_swish'),
  ABS: unary('abs'),
  NEG: unary('neg'),
  EXP: unary('exp'),
  LOG: unary('log'),
  SQRT: unary('sqrt'),
  RSQRT: unary('rsqrt'),
  SQUARE: unary('square'),
  SIN: unary('sin'),
  COS: unary('cos'),
  FLOOR: unary('floor'),
  CEIL: unary('ceil'),
  ROUND: unary('round'),
  SIGN: unary('sign'),
  CAST: cast,
  QUANTIZE: quantize,
  DEQUANTIZE: quantize,
  DENSIFY: quantize,
  SOFTMAX: softmax,
  LOG_SOFTMAX: logSoftmax,
  L2_NORMALIZATION: l2Normalization,
  FILL: fill,
};
