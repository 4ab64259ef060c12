/** Activations that TFLite fuses into operators, and those that only a quantized output's range says. */
import type { Value } from '../values.js';
import { NotSupported, type OperatorCall } from './call.js';
import type { ForeignTensor } from './model.js';
import type { Activation } from './schema.js';

/** What conv2d, dense, add, ... apply themselves. */
type OwnActivation = 'linear' | 'relu' | 'relu6';

/** The activation that an operator applies itself, and the node that has to follow it for another one. */
export interface Fused {
  own: OwnActivation;
  after(value: Value): Value;
}

/** Quantized range of a type: [least, most] stored value. */
const STORED: Partial<Record<ForeignTensor['type'], [number, number]>> = {
  INT8: [-128, 127],
  UINT8: [0, 255],
};

/**
 * The activation of an operator that computes new values, where its options say none that which its output's range implies.
 * @param field of the options that holds it
 */
export function fusedActivation(call: OperatorCall, field: number): Fused {
  const activation = call.activation(field);
  return fused(call, activation === 'NONE' ? impliedActivation(call.outputTensors[0]) : activation);
}

/** The activation of an operator that applies none itself, as a node behind it. */
export function activated(call: OperatorCall, field: number, value: Value): Value {
  const { own, after } = fused(call, call.activation(field));
  return after(own === 'linear' ? value : call.builder.op(`${call.name}/${own}`, own, [value]));
}

function fused({ builder, name }: OperatorCall, activation: Activation): Fused {
  const clip = (min: number, max: number) => (value: Value) =>
    builder.op(`${name}/clip`, 'clip', [value], { min, max });
  switch (activation) {
    case 'NONE':
      return { own: 'linear', after: same };
    case 'RELU':
      return { own: 'relu', after: same };
    case 'RELU6':
      return { own: 'relu6', after: same };
    case 'RELU_N1_TO_1':
      return { own: 'linear', after: clip(-1, 1) };
    case 'TANH':
      return { own: 'linear', after: (value) => builder.op(`${name}/tanh`, 'tanh', [value]) };
    default:
      throw new NotSupported(
        `fused activation ${activation}: expected NONE, RELU, RELU_N1_TO_1, RELU6 or TANH`,
      );
  }
}

function same(value: Value): Value {
  return value;
}

/**
 * A quantized output cannot leave its range. Where its least value is 0 the operator is behind a relu, whether or not its options
 * say so (converters drop a clamp that quantization does already); a range that ends at 6 is that of a relu6.
 */
export function impliedActivation({ type, quantization }: ForeignTensor): Activation {
  const stored = STORED[type];
  if (!stored || quantization?.scale.length !== 1 || quantization.zeroPoint[0] !== stored[0]) return 'NONE';
  const [scale] = quantization.scale;
  return Math.abs(255 * scale - 6) <= scale / 2 ? 'RELU6' : 'RELU';
}
