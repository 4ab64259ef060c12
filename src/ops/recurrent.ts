/**
 * Recurrent layers, [T,I] -> [T,U]: FORMAT.md has their equations. What they share is here: a step takes the step's input
 * and the state to the next state; lstm.ts, gru.ts and simple_rnn.ts are such steps.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Attribute, Weight } from '../graph/graph.js';
import { flagOf, oneOf } from './attributes.js';
import type { ChannelRule } from './channels.js';
import type { NodeView, OpSpec, Values } from './op.js';
import { F32 } from './spec.js';

const { fround } = Math;

type Attributes = Record<string, Attribute>;

const ACTIVATIONS = ['tanh', 'relu', 'sigmoid', 'linear'] as const;
const RECURRENT_ACTIVATIONS = ['sigmoid', 'hard_sigmoid'] as const;

type ActivationName = (typeof ACTIVATIONS)[number] | (typeof RECURRENT_ACTIVATIONS)[number];

/** Keras 2's. */
const HARD_SIGMOID_SLOPE = fround(0.2);

const FUNCTIONS: Record<ActivationName, { f(x: number): number; train(x: tf.Tensor): tf.Tensor }> = {
  tanh: { f: Math.tanh, train: tf.tanh },
  relu: { f: (x) => Math.max(0, x), train: tf.relu },
  sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)), train: tf.sigmoid },
  linear: { f: (x) => x, train: (x) => x },
  hard_sigmoid: {
    f: (x) => Math.min(1, Math.max(0, HARD_SIGMOID_SLOPE * x + 0.5)),
    train: (x) => tf.clipByValue(tf.add(tf.mul(x, HARD_SIGMOID_SLOPE), 0.5), 0, 1),
  },
};

/** `activation` and `recurrent_activation` of a node, rounded to f32. */
export interface Functions {
  activation(x: number): number;
  recurrent(x: number): number;
}

export interface TensorFunctions {
  activation(x: tf.Tensor): tf.Tensor;
  recurrent(x: tf.Tensor): tf.Tensor;
}

/** State `h`, and `c` of an LSTM, both [U]. A step overwrites them. */
export interface State {
  h: Float32Array;
  c: Float32Array;
}

export interface TensorState {
  h: tf.Tensor;
  c: tf.Tensor;
}

/** One kind of recurrent layer. */
export interface Cell {
  name: string;
  /** Its gates: kernel and recurrent hold U rows for each. */
  gates: number;
  /** Further attributes with their defaults. */
  attributes?: Record<string, Attribute>;
  /** Optional weights besides bias and initial_h, with their length in units. */
  weights?: Record<string, number>;
  /** Takes `input`, [gates * U] = W x + b of a step, and the state to the next state. */
  step(input: Float32Array, state: State, view: NodeView, functions: Functions): void;
  /** The same for a batch: input [batch, gates * U], state [batch, U]. */
  train(
    input: tf.Tensor,
    state: TensorState,
    weights: Record<string, tf.Tensor>,
    attributes: Attributes,
    functions: TensorFunctions,
  ): TensorState;
}

export function recurrentLayer(cell: Cell): OpSpec {
  const lengths = { bias: cell.gates, initial_h: 1, ...cell.weights };
  return {
    name: cell.name,
    attributes: { activation: 'tanh', ...cell.attributes, reverse: 0 },
    inputs: 1,
    dtypes: F32,
    weights: { required: ['kernel', 'recurrent'], optional: Object.keys(lengths) },
    channels: recurrentChannels,
    prunable: ['kernel', 'recurrent'],
    inferShape(view) {
      functionsOf(view.attributes);
      flagOf(view.attributes, 'reverse');
      if ('reset_after' in view.attributes) flagOf(view.attributes, 'reset_after');
      return [view.inputs[0].shape[0], unitsOf(view, cell.gates, lengths)];
    },
    reference: (view, [x]) => run(cell, view, x),
    train: ({ attributes, inputs: [x], weights }) => runTensors(cell, x, weights, attributes),
  };
}

/** A unit is its rows in each gate, its column in `recurrent`, and its feature of y. */
const recurrentChannels: ChannelRule = {
  sets({ inputs: [x], outputs: [y], weights }) {
    const units = y.shape[1];
    const rows = Object.values(weights).map((of) => ({ of, axis: 0, channel: (i: number) => i % units }));
    return [
      [
        { of: x, axis: 1 },
        { of: weights.kernel, axis: 1 },
      ],
      [...rows, { of: weights.recurrent, axis: 1 }, { of: y, axis: 1 }],
    ];
  },
};

/** Checks input and weights against each other; gives U. */
function unitsOf(
  { inputs: [{ shape }], weights }: Omit<NodeView, 'outputs'>,
  gates: number,
  lengths: Record<string, number>,
): number {
  const units = weights.recurrent.shape[weights.recurrent.shape.length - 1];
  if (shape.length !== 2) throw new RangeError(`input: expected [steps, features], got [${shape}]`);
  const expected: Record<string, number[]> = {
    kernel: [gates * units, shape[1]],
    recurrent: [gates * units, units],
    ...Object.fromEntries(Object.entries(lengths).map(([role, n]) => [role, [n * units]])),
  };
  for (const [role, weight] of Object.entries(weights)) {
    if (weight.dtype === 'f32' && `${weight.shape}` === `${expected[role]}`) continue;
    throw new RangeError(`${role}: expected f32 [${expected[role]}], got ${weight.dtype} [${weight.shape}]`);
  }
  return units;
}

function functionsOf(attributes: Attributes): Functions & { tensors: TensorFunctions } {
  const activation = FUNCTIONS[oneOf(attributes, 'activation', ACTIVATIONS)];
  const recurrent =
    'recurrent_activation' in attributes
      ? FUNCTIONS[oneOf(attributes, 'recurrent_activation', RECURRENT_ACTIVATIONS)]
      : activation;
  return {
    activation: (x) => fround(activation.f(x)),
    recurrent: (x) => fround(recurrent.f(x)),
    tensors: { activation: activation.train, recurrent: recurrent.train },
  };
}

/** Steps in the order in which they are read. */
function order(steps: number, attributes: Attributes): number[] {
  return Array.from({ length: steps }, (_, t) => (attributes.reverse === 1 ? steps - 1 - t : t));
}

function run(cell: Cell, view: NodeView, x: Values): Float32Array {
  const [steps, units] = view.outputs[0].shape;
  const [, features] = view.inputs[0].shape;
  const { kernel, bias, initial_h, initial_c } = view.weights;
  const state = { h: vector(initial_h, units), c: vector(initial_c, units) };
  const input = new Float32Array(cell.gates * units);
  const functions = functionsOf(view.attributes);
  const y = new Float32Array(steps * units);
  for (const t of order(steps, view.attributes)) {
    affine(input, kernel, x.subarray(t * features, (t + 1) * features), bias);
    cell.step(input, state, view, functions);
    y.set(state.h, t * units);
  }
  return y;
}

function vector(weight: Weight | undefined, length: number): Float32Array {
  return weight ? Float32Array.from(weight.data) : new Float32Array(length);
}

/** `y[i] = bias[first + i] + sum_k w[first + i,k] * x[k]`, in double and rounded once; bias may be absent. */
export function affine(y: Float32Array, w: Weight, x: Values, bias: Weight | undefined, first = 0): void {
  for (let i = 0; i < y.length; i++) {
    let sum = bias ? bias.data[first + i] : 0;
    const row = (first + i) * x.length;
    for (let k = 0; k < x.length; k++) sum += w.data[row + k] * x[k];
    y[i] = sum;
  }
}

/** Unrolled over the steps of x [batch, T, I]. */
function runTensors(
  cell: Cell,
  x: tf.Tensor,
  weights: Record<string, tf.Tensor>,
  attributes: Attributes,
): tf.Tensor {
  const [batch, steps] = x.shape;
  const units = weights.recurrent.shape[1]!;
  const { tensors } = functionsOf(attributes);
  const inputs = order(steps, attributes).map((t) =>
    affineTensor(stepOf(x, t), weights.kernel, weights.bias),
  );
  let state = { h: startOf(weights.initial_h, batch, units), c: startOf(weights.initial_c, batch, units) };
  const rows = inputs.map((input) => {
    state = cell.train(input, state, weights, attributes, tensors);
    return state.h;
  });
  return tf.stack(attributes.reverse === 1 ? rows.toReversed() : rows, 1);
}

function stepOf(x: tf.Tensor, t: number): tf.Tensor {
  const [batch, , features] = x.shape;
  return tf.reshape(tf.slice(x, [0, t, 0], [batch, 1, features]), [batch, features]);
}

function startOf(weight: tf.Tensor | undefined, batch: number, units: number): tf.Tensor {
  const zeros = tf.zeros([batch, units]);
  return weight ? tf.add(zeros, weight) : zeros;
}

/** x [batch, I], w [O, I], bias [O]. */
export function affineTensor(x: tf.Tensor, w: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const product = tf.matMul(x, w, false, true);
  return bias ? tf.add(product, bias) : product;
}

/** Gates of a sum [batch, gates * U]. */
export function gatesOf(sum: tf.Tensor, gates: number): tf.Tensor[] {
  return tf.split(sum, gates, 1);
}
