/** UNIDIRECTIONAL_SEQUENCE_LSTM, as converters make it of Keras' LSTM. */
import { elements } from '../../graph/index.js';
import type { ForeignWeightData } from '../values.js';
import { NotSupported, type Convert, type OperatorCall } from './call.js';
import { SEQUENCE_LSTM } from './schema.js';

/** Places of its 24 inputs; each list has the gates i, f, c, o. */
const KERNEL = [1, 2, 3, 4];
const RECURRENT = [5, 6, 7, 8];
const BIAS = [12, 13, 14, 15];
const OPTIONAL: [string, number[]][] = [
  ['peephole weights', [9, 10, 11]],
  ['a projection', [16, 17]],
  ['layer normalization', [20, 21, 22, 23]],
];

const sequenceLstm: Convert = (call) => {
  checkKind(call);
  const { builder, name } = call;
  const x = call.input(0);
  if (x.shape.length !== 3) throw call.error(`input: expected [1,T,I], got [${x.shape}]`);
  const timeMajor = call.bool(SEQUENCE_LSTM.timeMajor);
  const [steps, batch] = timeMajor ? x.shape : [x.shape[1], x.shape[0]];
  if (batch !== 1) throw new NotSupported(`input: expected a batch of 1, got [${x.shape}]`);
  const weights = { kernel: gates(call, KERNEL), recurrent: gates(call, RECURRENT), bias: gates(call, BIAS) };
  const units = weights.bias.shape[0] / 4;
  const sequence = builder.reshape(x, [1, steps, x.shape[2]], `${name}/sequence`);
  const y = builder.op(name, 'lstm', [sequence], {}, weights, [1, steps, units]);
  return builder.reshape(y, timeMajor ? [steps, 1, units] : [1, steps, units], `${name}/shape`);
};

function checkKind(call: OperatorCall): void {
  for (const [what, places] of OPTIONAL) {
    if (places.some((place) => call.inputs[place])) throw new NotSupported(`expected none, got ${what}`);
  }
  if (!call.inputs[1]) throw new NotSupported('expected an input gate, got a coupled one (CIFG)');
  const activation = call.activation(SEQUENCE_LSTM.activation);
  if (activation !== 'TANH') throw new NotSupported(`activation: expected TANH, got ${activation}`);
  const clip = call.float32(SEQUENCE_LSTM.cellClip);
  if (clip !== 0) throw new NotSupported(`cell_clip: expected 0, got ${clip}`);
  const states = [18, 19].map((place) => call.inputs[place]);
  if (states.some((state) => state && !state.constant?.every((value) => value === 0)))
    throw new NotSupported('states: expected zeros at first, got others');
}

/** The four gates' weights, one below the other. */
function gates(call: OperatorCall, places: readonly number[]): ForeignWeightData {
  const parts = places.map((place) => call.constant(place, `input ${place}`));
  const [{ shape }] = parts;
  if (!parts.every((part) => `${part.shape}` === `${shape}`))
    throw call.error(
      `weights: expected four gates of one shape, got [${parts.map((part) => `[${part.shape}]`)}]`,
    );
  const data = new Float32Array(4 * elements(shape));
  parts.forEach((part, gate) => data.set(part.data, gate * elements(shape)));
  return { shape: [4 * shape[0], ...shape.slice(1)], data };
}

export const RECURRENT_LAYERS: Record<string, Convert> = {
  UNIDIRECTIONAL_SEQUENCE_LSTM: sequenceLstm,
};
