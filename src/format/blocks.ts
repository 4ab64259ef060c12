import type { LopWeight } from './layout.js';

/** A weight seen as rows x columns of blocks: rows are output blocks, columns are (tap row, tap column, input block). */
export interface BlockGrid {
  outputs: number;
  /** Kernel rows x kernel columns. */
  taps: number;
  inputs: number;
  blockOutputs: number;
  blockInputs: number;
  rows: number;
  columns: number;
  blocks: number;
}

/** The first dimension is outputs, the last of two or more is inputs, what lies between are taps. */
export function blockGrid({ shape, block }: Pick<LopWeight, 'shape' | 'block'>): BlockGrid {
  const outputs = shape[0] ?? 1;
  const inputs = shape.length > 1 ? shape[shape.length - 1] : 1;
  const taps = shape.slice(1, -1).reduce((product, dim) => product * dim, 1);
  const [blockOutputs, blockInputs] = block;
  const rows = Math.ceil(outputs / blockOutputs);
  const columns = taps * Math.ceil(inputs / blockInputs);
  return { outputs, taps, inputs, blockOutputs, blockInputs, rows, columns, blocks: rows * columns };
}

/** Calls `visit` with the index in the weight's data of every element of block `(row, column)`, in file order. */
export function eachElement(
  grid: BlockGrid,
  row: number,
  column: number,
  visit: (index: number) => void,
): void {
  const perTap = grid.columns / grid.taps;
  const tap = Math.floor(column / perTap);
  const firstInput = (column - tap * perTap) * grid.blockInputs;
  const lastInput = Math.min(firstInput + grid.blockInputs, grid.inputs);
  const firstOutput = row * grid.blockOutputs;
  const lastOutput = Math.min(firstOutput + grid.blockOutputs, grid.outputs);
  for (let o = firstOutput; o < lastOutput; o++) {
    const start = (o * grid.taps + tap) * grid.inputs;
    for (let i = firstInput; i < lastInput; i++) visit(start + i);
  }
}

/** One byte a block, row-major: 1 where any of its elements is not zero. */
export function keptBlocks(grid: BlockGrid, data: LopWeight['data']): Uint8Array {
  const mask = new Uint8Array(grid.blocks);
  const perTap = grid.columns / grid.taps;
  let index = 0;
  for (let o = 0; o < grid.outputs; o++) {
    const row = Math.floor(o / grid.blockOutputs) * grid.columns;
    for (let tap = 0; tap < grid.taps; tap++) {
      for (let i = 0; i < grid.inputs; i++, index++) {
        if (data[index] !== 0) mask[row + tap * perTap + Math.floor(i / grid.blockInputs)] = 1;
      }
    }
  }
  return mask;
}

/** Indices in the weight's data of all elements of the blocks that `mask` keeps, in file order. */
export function keptElements(grid: BlockGrid, mask: Uint8Array): Uint32Array {
  let count = 0;
  const visitAll = (visit: (index: number) => void): void => {
    for (let row = 0, block = 0; row < grid.rows; row++) {
      for (let column = 0; column < grid.columns; column++, block++) {
        if (mask[block]) eachElement(grid, row, column, visit);
      }
    }
  };
  visitAll(() => count++);
  const indices = new Uint32Array(count);
  count = 0;
  visitAll((index) => (indices[count++] = index));
  return indices;
}
