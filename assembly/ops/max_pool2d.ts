import { Node } from '../model';
import { checkPool } from './pool';

/** y[c,p] = the largest of x[c, window at p]. */
export function checkMaxPool(node: Node): i32 {
  return checkPool(node, false);
}
