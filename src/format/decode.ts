import { blockGrid, eachElement, type BlockGrid } from './blocks.js';
import { CODED_VALUES, DTYPE_ARRAYS, type StoredWeight } from './layout.js';
import { decodeCoded } from './coded-values.js';
import { decodePositions } from './positions.js';
import { decodeValues, type NumberArray } from './values.js';

/** Expands a stored weight to all its elements, zero where a block is not kept. `what` names it in errors. */
export function decodeWeight(stored: StoredWeight, what: string): NumberArray {
  const grid = blockGrid(stored);
  const mask = decodePositions(stored, grid, what);
  const decode = stored.coding & CODED_VALUES ? decodeCoded : decodeValues;
  const kept = decode(stored.values, stored.valueStream, stored.dtype, elementsOf(grid, mask), what);
  const data = new DTYPE_ARRAYS[stored.dtype](grid.outputs * grid.taps * grid.inputs);
  let next = 0;
  const place = (index: number): void => {
    data[index] = kept[next++];
  };
  for (let row = 0, block = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++, block++) {
      if (mask[block]) eachElement(grid, row, column, place);
    }
  }
  return data;
}

/** Elements of the blocks that `mask` keeps; blocks at the edge have fewer. */
function elementsOf(grid: BlockGrid, mask: Uint8Array): number {
  const perTap = grid.columns / grid.taps;
  const lastOutputs = grid.outputs - (grid.rows - 1) * grid.blockOutputs;
  const lastInputs = grid.inputs - (perTap - 1) * grid.blockInputs;
  let count = 0;
  for (let row = 0, block = 0; row < grid.rows; row++) {
    const outputs = row === grid.rows - 1 ? lastOutputs : grid.blockOutputs;
    for (let tap = 0; tap < grid.taps; tap++) {
      for (let i = 1; i <= perTap; i++, block++) {
        if (mask[block]) count += outputs * (i === perTap ? lastInputs : grid.blockInputs);
      }
    }
  }
  return count;
}
