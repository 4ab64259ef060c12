import { inOrder } from '../rewrite.js';
import { lowerConvTranspose } from './conv-transpose.js';
import { lowerGroups } from './groups.js';
import { lowerMovement } from './movement.js';
import { lowerPad } from './pad.js';
import { lowerPad2d } from './pad2d.js';
import { lowerReduce } from './reduce.js';
import { lowerResize } from './resize.js';

/** Operators of graphs become operators of files: docs/operators.md. */
export const lower = inOrder([
  lowerPad2d,
  lowerPad,
  lowerConvTranspose,
  lowerGroups,
  lowerResize,
  lowerReduce,
  lowerMovement,
]);
