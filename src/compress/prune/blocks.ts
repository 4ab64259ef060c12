import type { Weight } from '../../graph/index.js';

/** A weight as a matrix of blocks: FORMAT.md "Weights". */
export interface BlockGrid {
  outputs: number;
  /** Taps of a convolution, 1 for dense. */
  taps: number;
  inputs: number;
  block: readonly [number, number];
  /** Number of blocks; those at the edges are smaller. */
  count: number;
}

/** The grid of a kernel `[O, KH, KW, I]` or `[O, I]`. */
export function blockGrid(shape: readonly number[], block: readonly [number, number]): BlockGrid {
  const outputs = shape[0];
  const inputs = shape.length > 1 ? shape[shape.length - 1] : 1;
  const taps = shape.slice(1, -1).reduce((product, dim) => product * dim, 1);
  const count = Math.ceil(outputs / block[0]) * taps * Math.ceil(inputs / block[1]);
  return { outputs, taps, inputs, block, count };
}

/** Visits each element with the number of its block. */
export function forEachElement(grid: BlockGrid, visit: (element: number, block: number) => void): void {
  const { outputs, taps, inputs } = grid;
  const [blockOutputs, blockInputs] = grid.block;
  const across = Math.ceil(inputs / blockInputs);
  for (let o = 0, element = 0; o < outputs; o++) {
    const row = Math.floor(o / blockOutputs) * taps;
    for (let tap = 0; tap < taps; tap++) {
      const first = (row + tap) * across;
      for (let i = 0; i < inputs; i++) visit(element++, first + Math.floor(i / blockInputs));
    }
  }
}

/** How many elements of a weight are not zero. */
export function countKept(weight: Pick<Weight, 'data'>): number {
  let kept = 0;
  for (const value of weight.data) if (value !== 0) kept++;
  return kept;
}
