import { dequantizeValue } from './arithmetic.js';
import { sameAxes } from './channels.js';
import type { OpSpec } from './op.js';
import { quantizationOf } from './values.js';

/** int8 with the input's scale and zero point -> f32, any shape. */
export const dequantize: OpSpec = {
  name: 'dequantize',
  attributes: {},
  inputs: 1,
  dtypes: [['i8', 'f32']],
  weights: { required: [], optional: [] },
  channels: sameAxes(),
  prunable: [],
  inferShape: ({ inputs: [input] }) => [...input.shape],
  reference({ inputs: [input] }, [x]) {
    const q = quantizationOf(input);
    return Float32Array.from(x, (value) => dequantizeValue(value, q));
  },
};
