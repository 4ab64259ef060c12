import { quantizeValue } from './arithmetic.js';
import { sameAxes } from './channels.js';
import type { OpSpec } from './op.js';
import { quantizationOf } from './values.js';

/** f32 -> int8 with the output's scale and zero point, any shape. */
export const quantize: OpSpec = {
  name: 'quantize',
  attributes: {},
  inputs: 1,
  dtypes: [['f32', 'i8']],
  weights: { required: [], optional: [] },
  channels: sameAxes(),
  prunable: [],
  inferShape: ({ inputs: [input] }) => [...input.shape],
  reference({ outputs: [output] }, [x]) {
    const q = quantizationOf(output);
    return Int8Array.from(x, (value) => quantizeValue(value, q));
  },
};
