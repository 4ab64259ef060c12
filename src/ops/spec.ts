/** Parts that many operators' specs share. */
import type { OpSpec } from './op.js';

export const NO_WEIGHTS: OpSpec['weights'] = { required: [], optional: [] };

export const F32: OpSpec['dtypes'] = [['f32', 'f32']];

export const F32_OR_INT8: OpSpec['dtypes'] = [
  ['f32', 'f32'],
  ['i8', 'i8'],
];
