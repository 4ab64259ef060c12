import { Node } from '../model';
import { checkPool } from './pool';

/** y[c,p] = mean of x[c, window at p], padding not counted. */
export function checkAvgPool(node: Node): i32 {
  return checkPool(node, true);
}
