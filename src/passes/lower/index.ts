import { inOrder } from '../rewrite.js';
import { lowerMovement } from './movement.js';
import { lowerPad } from './pad.js';
import { lowerPad2d } from './pad2d.js';

/** Operators of graphs become operators of files: docs/operators.md. */
export const lower = inOrder([lowerPad2d, lowerPad, lowerMovement]);
