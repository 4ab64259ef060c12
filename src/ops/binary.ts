/** Operators of two values, with numpy's broadcasting: a table of functions, from which the specs are made. */
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './arithmetic.js';
import { activationOf } from './attributes.js';
import { alignRanks, broadcastShape, stretched, stretchTensor } from './broadcast.js';
import { broadcastChannels } from './channels.js';
import { INT8_ARITHMETIC } from './int8-arithmetic.js';
import type { NodeView, OpSpec, Values } from './op.js';
import { F32, F32_OR_INT8, NO_WEIGHTS } from './spec.js';
import { constantGradient } from './take.js';
import { applyActivation } from './training.js';

const { fround } = Math;

interface Binary {
  /** Of two f32; what it gives is rounded to f32 once more. */
  f(a: number, b: number): number;
  train(a: tf.Tensor, b: tf.Tensor): tf.Tensor;
}

type Comparison = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const truth = (f: (a: number, b: number) => boolean, train: Comparison): Binary => ({
  f: (a, b) => Number(f(a, b)),
  train: (a, b) => constantGradient(train, a, b),
});
const isTrue = (x: tf.Tensor): tf.Tensor => tf.notEqual(x, 0);

/** They have an activation, and an int8 form: see `INT8_ARITHMETIC`. */
const ARITHMETIC: Record<keyof typeof INT8_ARITHMETIC, Binary> = {
  add: { f: (a, b) => a + b, train: tf.add },
  sub: { f: (a, b) => a - b, train: tf.sub },
  mul: { f: (a, b) => a * b, train: tf.mul },
};

/** In int8 they compare stored values. tfjs' gradients (4.22) know no broadcasting. */
const EXTREMES: Record<string, Binary> = {
  min: { f: Math.min, train: (a, b) => tf.minimum(...stretchedTensors(a, b)) },
  max: { f: Math.max, train: (a, b) => tf.maximum(...stretchedTensors(a, b)) },
};

const OTHERS: Record<string, Binary> = {
  div: { f: (a, b) => a / b, train: tf.div },
  pow: { f: Math.pow, train: tf.pow },
  squared_difference: { f: (a, b) => fround(a - b) ** 2, train: (a, b) => tf.square(tf.sub(a, b)) },
  floor_div: {
    f: (a, b) => Math.floor(fround(a / b)),
    // not tf.floorDiv, whose results (4.22) are int32
    train: (a, b) => constantGradient((x, y) => tf.floor(tf.div(x, y)), a, b),
  },
  floor_mod: { f: floorMod, train: tf.mod },
  atan2: { f: Math.atan2, train: tf.atan2 },
  equal: truth((a, b) => a === b, tf.equal),
  not_equal: truth((a, b) => a !== b, tf.notEqual),
  less: truth((a, b) => a < b, tf.less),
  less_equal: truth((a, b) => a <= b, tf.lessEqual),
  greater: truth((a, b) => a > b, tf.greater),
  greater_equal: truth((a, b) => a >= b, tf.greaterEqual),
  logical_and: truth(
    (a, b) => a !== 0 && b !== 0,
    (a, b) => tf.logicalAnd(isTrue(a), isTrue(b)),
  ),
  logical_or: truth(
    (a, b) => a !== 0 || b !== 0,
    (a, b) => tf.logicalOr(isTrue(a), isTrue(b)),
  ),
};

export const binary: OpSpec[] = [
  ...entries(ARITHMETIC).map(([name, op]) => arithmetic(name, op)),
  ...entries(EXTREMES).map(([name, op]) => extreme(name, op)),
  ...entries(OTHERS).map(([name, op]) => plain(name, op)),
];

function arithmetic(name: keyof typeof INT8_ARITHMETIC, { f, train }: Binary): OpSpec {
  return {
    ...specOf(name),
    attributes: { activation: 'linear' },
    dtypes: F32_OR_INT8,
    inferShape({ inputs: [a, b], attributes }) {
      activationOf(attributes);
      return broadcastShape(a.shape, b.shape);
    },
    reference(view, inputs) {
      const activation = activationOf(view.attributes);
      const real = (a: number, b: number): number => activate(fround(f(a, b)), activation);
      return each(
        view,
        inputs,
        view.outputs[0].dtype === 'i8' ? INT8_ARITHMETIC[name](view, activation) : real,
      );
    },
    train({ attributes, inputs }) {
      const [a, b] = alignRanks(inputs);
      return applyActivation(train(a, b), activationOf(attributes));
    },
  };
}

function extreme(name: string, op: Binary): OpSpec {
  return { ...plain(name, op), dtypes: F32_OR_INT8, keepsQuantization: true };
}

function plain(name: string, { f, train }: Binary): OpSpec {
  return {
    ...specOf(name),
    inferShape: ({ inputs: [a, b] }) => broadcastShape(a.shape, b.shape),
    reference: (view, inputs) => each(view, inputs, f),
    train({ inputs }) {
      const [a, b] = alignRanks(inputs);
      return train(a, b);
    },
  };
}

function specOf(name: string): Omit<OpSpec, 'inferShape' | 'reference'> {
  return {
    name,
    attributes: {},
    inputs: 2,
    dtypes: F32,
    weights: NO_WEIGHTS,
    channels: broadcastChannels,
    prunable: [],
  };
}

/** `y[i] = f(a[i], b[i])` over the output's shape. */
function each(
  { inputs, outputs: [output] }: NodeView,
  values: Values[],
  f: (a: number, b: number) => number,
): Values {
  const [a, b] = values.map((x, i) => stretched(x, inputs[i].shape, output.shape));
  const y = output.dtype === 'i8' ? new Int8Array(a.length) : new Float32Array(a.length);
  for (let i = 0; i < y.length; i++) y[i] = f(a[i], b[i]);
  return y;
}

/** Two of one rank, stretched to one shape. */
function stretchedTensors(a: tf.Tensor, b: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const shape = broadcastShape(a.shape, b.shape);
  return [stretchTensor(a, shape), stretchTensor(b, shape)];
}

/** What is left of a by whole multiples of b, with b's sign. */
function floorMod(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function entries<K extends string, T>(table: Record<K, T>): [K, T][] {
  return Object.entries(table) as [K, T][];
}
