import { blockGrid, forEachElement, type BlockGrid } from './blocks.js';

/** What is kept or goes whole. */
export interface Granularity {
  /** `element` (default): blocks of `block`; `neuron`: all weights of an output channel or neuron. */
  unit?: 'element' | 'neuron';
  /** Outputs by inputs. */
  block: readonly [number, number];
  /** `[n, m]`: of each m neighbouring inputs of an output (at one tap) n stay. */
  pattern?: readonly [number, number];
}

/** Most inputs that a block of the file has. */
const WIDEST = 16;

/** Of a kernel that may have a block of its own. */
export function withBlock<T extends Granularity>(granularity: T, block: Granularity['block'] | undefined): T {
  return block ? { ...granularity, block } : granularity;
}

/** A kernel's units as a grid of blocks: a neuron is one block of all taps and inputs. */
export function unitGrid(shape: readonly number[], { unit, block }: Granularity): BlockGrid {
  if (unit !== 'neuron') return blockGrid(shape, block);
  const row = shape.slice(1).reduce((product, dim) => product * dim, 1);
  return blockGrid([shape[0], row], [1, row]);
}

/** The block that a weight pruned so is stored in: whole neurons as wide as a file's block may be. */
export function storedBlock(shape: readonly number[], { unit, block }: Granularity): [number, number] {
  return unit === 'neuron' ? [1, Math.min(WIDEST, shape.at(-1)!)] : [block[0], block[1]];
}

/** A mark for each unit becomes one for each element. */
export function elementMask(grid: BlockGrid, keep: Uint8Array): Uint8Array {
  const mask = new Uint8Array(grid.outputs * grid.taps * grid.inputs);
  forEachElement(grid, (element, block) => (mask[element] = keep[block]));
  return mask;
}
