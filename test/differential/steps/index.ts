import { conversions } from './conversions.js';
import { elementwise } from './elementwise.js';
import { linear } from './linear.js';
import { moves } from './moves.js';
import { pools } from './pools.js';
import type { Step } from './step.js';
import { sums } from './sums.js';

/** How a node of each operator of files is added to a draft. */
export const STEPS: Readonly<Record<string, Step>> = {
  ...linear,
  ...pools,
  ...elementwise,
  ...moves,
  ...sums,
  ...conversions,
};
