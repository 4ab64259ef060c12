/** LSTM, GRU, RNN: a node a direction. ONNX' sequences are [T, N, I] (layout 0) or [N, T, I]; N is 1. */
import { ImportError } from '../errors.js';
import type { ForeignWeightData, Value } from '../values.js';
import type { Call, Convert } from './call.js';
import { natural, permute, reshape, type Operand } from './operand.js';

interface Cell {
  op: string;
  /** For each of the graph's gates, its place among ONNX'. */
  gates: readonly number[];
  /** Activations of a direction, as ONNX names them. */
  activations: readonly string[];
  attributes(call: Call, activations: readonly string[]): Record<string, string | number>;
  /** ONNX' biases of input and state, in the graph's order of gates. */
  biases(call: Call, input: Float32Array, state: Float32Array): Record<string, Float32Array>;
}

/** ONNX: i, o, f, c; the graph: i, f, c, o. */
const lstm: Cell = {
  op: 'lstm',
  gates: [0, 2, 3, 1],
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  attributes: (call, [gate, cell, output]) => {
    if (call.int('input_forget', 0) === 1) throw call.fault('input_forget: expected 0, got 1');
    if (cell !== output)
      throw call.fault(`activations: expected the same for cell and output, got ${cell}, ${output}`);
    return { recurrent_activation: gate, activation: cell };
  },
  biases: (_, input, state) => ({ bias: sum(input, state) }),
};

const gru: Cell = {
  op: 'gru',
  gates: [0, 1, 2],
  activations: ['Sigmoid', 'Tanh'],
  attributes: (call, [gate, cell]) => ({
    recurrent_activation: gate,
    activation: cell,
    reset_after: call.int('linear_before_reset', 0),
  }),
  biases: (call, input, state): Record<string, Float32Array> =>
    call.int('linear_before_reset', 0) === 1
      ? { bias: input, recurrent_bias: state }
      : { bias: sum(input, state) },
};

const rnn: Cell = {
  op: 'simple_rnn',
  gates: [0],
  activations: ['Tanh'],
  attributes: (_, [activation]) => ({ activation }),
  biases: (_, input, state) => ({ bias: sum(input, state) }),
};

function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]);
}

const NAMES: Record<string, string> = {
  sigmoid: 'sigmoid',
  hardsigmoid: 'hard_sigmoid',
  tanh: 'tanh',
  relu: 'relu',
  softsign: 'softsign',
  softplus: 'softplus',
};

const recurrent =
  (cell: Cell): Convert =>
  (call) => {
    const isBatchFirst = call.int('layout', 0) === 1;
    const x = isBatchFirst ? call.input(0) : permute(call.input(0), [1, 0, 2]);
    const directions = directionsOf(call);
    check(call, x);
    const sequence = call.natural(x);
    const states = directions.map((isReverse, d) => direction(call, cell, sequence, d, isReverse));
    const steps = x.shape[1];
    const lasts = states.map((state, d) => {
      const at = directions[d] ? 0 : steps - 1;
      return call.builder.slice(`${call.name}/last${d}`, state, [0, at, 0], [1, 1, state.shape[2]]);
    });
    return outputs(call, states, lasts, isBatchFirst);
  };

/** One a direction: true where it reads from the last step to the first. */
function directionsOf(call: Call): boolean[] {
  const direction = call.text('direction', 'forward');
  const known: Record<string, boolean[]> = {
    forward: [false],
    reverse: [true],
    bidirectional: [false, true],
  };
  const directions = known[direction];
  if (directions) return directions;
  throw call.fault(`direction: expected ${Object.keys(known).join(', ')}, got ${direction}`);
}

function check(call: Call, x: Operand): void {
  const [batch, steps] = x.shape;
  if (x.shape.length !== 3 || batch !== 1)
    throw new ImportError(
      'shape',
      `expected sequences of a batch of 1, got [batch, steps, inputs] = [${x.shape}]`,
    );
  if (call.has('clip')) throw call.fault('clip: expected none');
  if (call.optional(7)) throw call.fault('P: expected no peepholes');
  const lengths = call.numbers(4, 'sequence_lens') ?? [];
  if (lengths.some((length) => length !== steps))
    throw call.fault(`sequence_lens: expected all ${steps} steps, got ${lengths}`);
  const cells = call.node.outputs[2];
  if (cells && call.around.isUsed(cells))
    throw call.fault('Y_c: expected the last cell state not to be used');
}

function direction(call: Call, cell: Cell, x: Value, d: number, isReverse: boolean): Value {
  const units = call.input(2).shape[2];
  const inputs = x.shape[2];
  const gates = cell.gates.length;
  const weights: Record<string, ForeignWeightData> = {
    kernel: gated(call, cell, 1, 'W', d, [gates * units, inputs]),
    recurrent: gated(call, cell, 2, 'R', d, [gates * units, units]),
  };
  if (call.optional(3)) {
    const [input, state] = [0, 1].map((half) => {
      const { data } = gated(call, cell, 3, 'B', d * 2 + half, [gates * units]);
      return data as Float32Array;
    });
    for (const [role, data] of Object.entries(cell.biases(call, input, state)))
      weights[role] = { shape: [data.length], data };
  }
  Object.assign(
    weights,
    initialState(call, 5, 'initial_h', d, units),
    initialState(call, 6, 'initial_c', d, units),
  );
  const attributes = { ...cell.attributes(call, activationsOf(call, cell, d)), reverse: isReverse ? 1 : 0 };
  const name = d === 0 ? call.name : `${call.name}/backward`;
  return call.builder.op(name, cell.op, [x], attributes, weights);
}

/** Part `part` of a weight, its gates in the graph's order. */
function gated(
  call: Call,
  cell: Cell,
  index: number,
  what: string,
  part: number,
  shape: number[],
): ForeignWeightData {
  const { data } = call.constantOf(call.input(index), what);
  const size = shape.reduce((a, b) => a * b, 1);
  if (data.length % size !== 0 || data.length < size * (part + 1))
    throw new ImportError('shape', `${what}: expected parts of [${shape}], got [${call.input(index).shape}]`);
  const whole = Float32Array.from(data).subarray(part * size, (part + 1) * size);
  const block = size / cell.gates.length;
  const ordered = new Float32Array(size);
  cell.gates.forEach((from, to) => ordered.set(whole.subarray(from * block, (from + 1) * block), to * block));
  return call.weight(shape, ordered);
}

/** None where it is left out or zero. */
function initialState(
  call: Call,
  index: number,
  role: string,
  d: number,
  units: number,
): Record<string, ForeignWeightData> {
  const operand = call.optional(index);
  if (!operand) return {};
  const { data } = call.constantOf(operand, role);
  const state = Float32Array.from({ length: units }, (_, u) => data[d * units + u]);
  return state.every((value) => value === 0) ? {} : { [role]: call.weight([units], state) };
}

function activationsOf(call: Call, cell: Cell, d: number): string[] {
  const { length } = cell.activations;
  const given = call.texts('activations') ?? [];
  const named = given.length > 0 ? given.slice(d * length, (d + 1) * length) : cell.activations;
  const defaults = (call.floats('activation_alpha') ?? []).every((value) => Math.abs(value - 0.2) < 1e-6);
  if (!defaults) throw call.fault('activation_alpha: expected its defaults');
  return named.map((name) => {
    const known = NAMES[name.toLowerCase()];
    if (known) return known;
    throw call.fault(`activations: expected ${Object.keys(NAMES).join(', ')}, got ${name}`);
  });
}

/** Y [T, D, N, H] and Y_h [D, N, H], or with the batch first [N, T, D, H] and [N, D, H]. */
function outputs(call: Call, states: Value[], lasts: Value[], isBatchFirst: boolean): Operand[] {
  const { builder, name } = call;
  const [n, steps, units] = states[0].shape;
  const all = natural(builder.concat(`${name}/both`, states, 2), 'float');
  const y = reshape(builder, all, [n, steps, states.length, units], name);
  const last = natural(builder.concat(`${name}/last`, lasts, 1), 'float');
  return isBatchFirst ? [y, last] : [permute(y, [1, 2, 0, 3]), permute(last, [1, 0, 2])];
}

export const recurrents: Record<string, Convert> = {
  LSTM: recurrent(lstm),
  GRU: recurrent(gru),
  RNN: recurrent(rnn),
};
