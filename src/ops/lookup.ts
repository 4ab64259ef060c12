import type { OpSpec } from './op.js';

const ENTRIES = 256;

/** `y = table[x + 128]`, int8 -> int8, each with a scale of its own: any function of one value, and a change of scale. */
export const lookup: OpSpec = {
  name: 'lookup',
  attributes: {},
  inputs: 1,
  dtypes: [['i8', 'i8']],
  weights: { required: ['table'], optional: [] },
  prunable: [],
  inferShape({ inputs: [{ shape }], weights: { table } }) {
    if (table.dtype === 'i8' && `${table.shape}` === `${ENTRIES}`) return [...shape];
    throw new RangeError(`table: expected i8 [${ENTRIES}], got ${table.dtype} [${table.shape}]`);
  },
  reference: (_view, [x], { table }) => Int8Array.from(x, (value) => table.data[value + 128]),
};
