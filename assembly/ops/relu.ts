import { Code } from '../error';
import { numbersOf, planeOf, runsOf, share, unite } from '../arena';
import { f32_vclamp, qs8_vclamp } from '../kernels/index';
import { inputOf, layoutOf, Node, outputOf } from '../model';
import { next, start } from '../threads';
import {
  Activation,
  checkBuild,
  checkDType,
  checkSameQuantization,
  checkSameShape,
  highOf,
  highOfFloat,
  lowOf,
  lowOfFloat,
} from './node';

/** y = max(x, 0). */
export function checkRelu(node: Node): i32 {
  return checkClamp(node, Activation.RELU);
}

/** y = min(max(x, 0), 6). */
export function checkRelu6(node: Node): i32 {
  return checkClamp(node, Activation.RELU6);
}

/** In place where nothing reads the input afterwards. */
function checkClamp(node: Node, activation: Activation): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  node.params = activation;
  if (checkSameShape(x, y)) return Code.SHAPE;
  if (checkDType(y, x.dtype) || checkBuild(x)) return Code.DTYPE;
  if (checkSameQuantization(x, y)) return Code.QUANTIZATION;
  if (layoutOf(x).last == node.index) share(y, x);
  else unite(x, y);
  return 0;
}

export function runRelu(node: Node): void {
  const activation: Activation = u32(node.params);
  const x = layoutOf(inputOf(node, 0));
  const y = layoutOf(outputOf(node));
  const n = numbersOf(y);
  const runs = runsOf(y);
  for (let i = start(runs, 1); i < runs; i = next(i + 1)) {
    const at = planeOf(x, i);
    if (!LOPPER_FULL || y.element == 2) {
      const output = outputOf(node);
      qs8_vclamp(n, at, planeOf(y, i), lowOf(activation, output), highOf(activation, output));
    } else f32_vclamp(n, at, planeOf(y, i), lowOfFloat(activation), highOfFloat(activation));
  }
}
