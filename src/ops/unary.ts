/** Operators of one value: a table of functions, from which the specs are made. */
import * as tf from '@tensorflow/tfjs-core';
import type { Attribute } from '../graph/graph.js';
import { f32Of, oneOf } from './attributes.js';
import { sameAxes } from './channels.js';
import { erf } from './erf.js';
import type { OpSpec } from './op.js';
import { F32, NO_WEIGHTS } from './spec.js';
import { constantGradient } from './take.js';

type Attributes = Record<string, Attribute>;

interface Unary {
  /** With their defaults; all but `approximate` are f32 numbers. */
  attributes?: Record<string, Attribute | undefined>;
  /** In double precision; `p` reads an attribute. */
  f(x: number, p: (key: string) => number, attributes: Attributes): number;
  train(x: tf.Tensor, p: (key: string) => number, attributes: Attributes): tf.Tensor;
}

const LARGEST = 3.4028234663852886e38;
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));
/** Without overflow: exp of what is not positive. */
const softplusOf = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, x));
const integral = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => constantGradient(f, x);

const UNARY: Record<string, Unary> = {
  leaky_relu: {
    attributes: { alpha: undefined },
    f: (x, p) => (x < 0 ? x * p('alpha') : x),
    train: (x, p) => tf.prelu(x, tf.scalar(p('alpha'))),
  },
  elu: {
    attributes: { alpha: undefined },
    f: (x, p) => (x < 0 ? p('alpha') * Math.expm1(x) : x),
    train: (x, p) => tf.add(tf.relu(x), tf.mul(p('alpha'), tf.expm1(tf.minimum(x, 0)))),
  },
  hard_sigmoid: {
    attributes: { alpha: 0.2, beta: 0.5 },
    f: (x, p) => clamp(p('alpha') * x + p('beta'), 0, 1),
    train: (x, p) => tf.clipByValue(tf.add(tf.mul(x, p('alpha')), p('beta')), 0, 1),
  },
  clip: {
    attributes: { min: -LARGEST, max: LARGEST },
    f: (x, p) => clamp(x, p('min'), p('max')),
    train: (x, p) => tf.minimum(tf.maximum(x, p('min')), p('max')),
  },
  gelu: { attributes: { approximate: 'none' }, f: gelu, train: trainGelu },
  swish: {
    attributes: { beta: 1 },
    f: (x, p) => x * sigmoidOf(p('beta') * x),
    train: (x, p) => tf.mul(x, tf.sigmoid(tf.mul(x, p('beta')))),
  },
  selu: {
    f: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    train: (x) => tf.selu(x),
  },
  sigmoid: { f: sigmoidOf, train: (x) => tf.sigmoid(x) },
  tanh: { f: Math.tanh, train: (x) => tf.tanh(x) },
  hard_swish: {
    f: (x) => (x * clamp(x + 3, 0, 6)) / 6,
    train: (x) => tf.mul(x, tf.div(tf.clipByValue(tf.add(x, 3), 0, 6), 6)),
  },
  softplus: { f: softplusOf, train: (x) => tf.softplus(x) },
  softsign: { f: (x) => x / (1 + Math.abs(x)), train: (x) => tf.div(x, tf.add(tf.abs(x), 1)) },
  mish: {
    f: (x) => x * Math.tanh(softplusOf(x)),
    train: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  },
  abs: { f: Math.abs, train: (x) => tf.abs(x) },
  neg: { f: (x) => -x, train: (x) => tf.neg(x) },
  exp: { f: Math.exp, train: (x) => tf.exp(x) },
  log: { f: Math.log, train: (x) => tf.log(x) },
  sqrt: { f: Math.sqrt, train: (x) => tf.sqrt(x) },
  rsqrt: { f: (x) => 1 / Math.sqrt(x), train: (x) => tf.rsqrt(x) },
  reciprocal: { f: (x) => 1 / x, train: (x) => tf.reciprocal(x) },
  square: { f: (x) => x * x, train: (x) => tf.square(x) },
  sin: { f: Math.sin, train: (x) => tf.sin(x) },
  cos: { f: Math.cos, train: (x) => tf.cos(x) },
  erf: { f: erf, train: (x) => tf.erf(x) },
  floor: { f: Math.floor, train: (x) => tf.floor(x) },
  ceil: { f: Math.ceil, train: (x) => tf.ceil(x) },
  round: { f: roundHalfToEven, train: (x) => tf.round(x) },
  trunc: {
    f: Math.trunc,
    train: integral((x) => tf.where(tf.less(x, 0), tf.ceil(x), tf.floor(x))),
  },
  sign: { f: Math.sign, train: (x) => tf.sign(x) },
  logical_not: { f: (x) => Number(x === 0), train: integral((x) => tf.equal(x, 0)) },
};

export const unary: OpSpec[] = Object.entries(UNARY).map(([name, { attributes, train }]) => ({
  name,
  attributes: attributes ?? {},
  inputs: 1,
  dtypes: F32,
  weights: NO_WEIGHTS,
  channels: sameAxes(),
  prunable: [],
  inferShape({ inputs: [{ shape }], attributes }) {
    unaryFunction(name, attributes);
    return [...shape];
  },
  reference: ({ attributes }, [x]) => Float32Array.from(x, unaryFunction(name, attributes)),
  train: ({ attributes, inputs: [x] }) => train(x, parameters(attributes), attributes),
}));

/**
 * The function of a unary operator, in double precision, for an f32 input or a lookup table.
 * @param attributes with defaults filled in
 * @throws RangeError for an operator of another kind, or an attribute that is not what it takes
 */
export function unaryFunction(op: string, attributes: Attributes): (x: number) => number {
  if (!Object.hasOwn(UNARY, op)) {
    throw new RangeError(`op: expected one of ${Object.keys(UNARY).join(', ')}, got '${op}'`);
  }
  const { f, attributes: known = {} } = UNARY[op];
  if (op === 'gelu') oneOf(attributes, 'approximate', APPROXIMATIONS);
  else Object.keys(known).forEach((key) => f32Of(attributes, key));
  const read = parameters(attributes);
  return (x) => f(x, read, attributes);
}

/** A file holds f32 attributes: everyone computes with what those are. */
function parameters(attributes: Attributes): (key: string) => number {
  return (key) => Math.fround(attributes[key] as number);
}

const APPROXIMATIONS = ['none', 'tanh'] as const;
const SQRT_2_BY_PI = Math.sqrt(2 / Math.PI);

/** Hendrycks and Gimpel 2016 */
function gelu(x: number, _p: unknown, { approximate }: Attributes): number {
  if (x === -Infinity) return -0;
  if (approximate === 'tanh') return 0.5 * x * (1 + Math.tanh(SQRT_2_BY_PI * (x + 0.044715 * x ** 3)));
  return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
}

function trainGelu(x: tf.Tensor, _p: unknown, { approximate }: Attributes): tf.Tensor {
  const inner =
    approximate === 'tanh'
      ? tf.tanh(tf.mul(SQRT_2_BY_PI, tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x))))))
      : tf.erf(tf.mul(x, Math.SQRT1_2));
  return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
}

/** `f32x4.nearest`, with the sign of zeros too. */
function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5 || x === -0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
