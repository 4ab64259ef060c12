import { Code } from '../error';
import { inputOf, Node, outputOf } from '../model';
import { prepareGemv, runGemv } from './gemv';
import { checkLinearTypes, Linear, readLinear } from './linear';
import { checkSize } from './node';
import { prepareSpmm, runSpmm } from './spmm';
import { linkWindow, Mode, readWindow, Window } from './window';

/** y[o,p] = sum over taps and channels of w[o,ky,kx,c] * x[c, p at that tap] + bias[o]. */
export function checkConv2d(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const linear = readLinear(node, x, y);
  if (!linear) return Code.ROLE;
  const kernel = linear.kernel;
  if (checkSize(3, x.rank) || checkSize(3, y.rank) || checkSize(4, kernel.rank)) return Code.SHAPE;
  if (checkSize(x.channels, kernel.inputs) || checkSize(kernel.outputs, y.channels)) return Code.SHAPE;
  if (checkLinearTypes(x, y, false)) return Code.DTYPE;
  linear.window = readWindow(node, kernel.kernelRows, kernel.kernelColumns, true);
  return linear.window ? linkWindow(linear.window as Window, x, y, true) : Code.ATTRIBUTE;
}

export function prepareConv2d(node: Node): i32 {
  const linear = changetype<Linear>(node.params);
  return isGathered(linear) ? prepareGemv(node, linear) : prepareSpmm(node, linear);
}

export function runConv2d(node: Node): void {
  const linear = changetype<Linear>(node.params);
  if (isGathered(linear)) runGemv(node, linear);
  else runSpmm(node, linear);
}

export function isGathered(linear: Linear): bool {
  return !linear.window || (linear.window as Window).mode == Mode.GATHER;
}
