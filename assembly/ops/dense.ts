import { Code } from '../error';
import { inputOf, Node, outputOf } from '../model';
import { prepareGemv, runGemv } from './gemv';
import { checkLinearTypes, Linear, readLinear } from './linear';
import { checkSize } from './node';

/** y[o] = sum_i w[o,i] * x[i] + bias[o]; int8 inputs may give f32 scores. */
export function checkDense(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const linear = readLinear(node, x, y);
  if (!linear) return Code.ROLE;
  const kernel = linear.kernel;
  if (checkSize(1, x.rank) || checkSize(1, y.rank) || checkSize(2, kernel.rank)) return Code.SHAPE;
  if (checkSize(x.elements, kernel.inputs) || checkSize(kernel.outputs, y.elements)) return Code.SHAPE;
  return checkLinearTypes(x, y, true);
}

export function prepareDense(node: Node): i32 {
  return prepareGemv(node, changetype<Linear>(node.params));
}

export function runDense(node: Node): void {
  runGemv(node, changetype<Linear>(node.params));
}
