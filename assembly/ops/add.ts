import { Code, failReal } from '../error';
import { numbersOf, planeOf, runsOf, unite } from '../arena';
import { f32_vadd, qs8_vadd } from '../kernels/index';
import { DType, inputOf, layoutOf, Node, outputOf, Tensor } from '../model';
import { next, start } from '../threads';
import {
  Activation,
  checkBuild,
  checkDType,
  checkSameShape,
  foundActivation,
  highOf,
  highOfFloat,
  isNatural,
  lowOf,
  lowOfFloat,
  readActivation,
} from './node';

/** y = activation(a + b), same shapes. */
export function checkAdd(node: Node): i32 {
  const a = inputOf(node, 0);
  const b = inputOf(node, 1);
  const y = outputOf(node);
  if (checkSameShape(a, b) || checkSameShape(a, y)) return Code.SHAPE;
  if (checkDType(b, a.dtype) || checkDType(y, a.dtype) || checkBuild(a)) return Code.DTYPE;
  if (readActivation(node)) return Code.ATTRIBUTE;
  node.params = foundActivation();
  y.natural = isNatural(foundActivation(), y);
  unite(a, b);
  unite(a, y);
  if (y.dtype == DType.F32) return 0;
  const bound = 255 * (f64(a.scale / y.scale) + f64(b.scale / y.scale));
  return bound < 4194304 ? 0 : failReal(Code.OVERFLOW, 4194304, bound);
}

export function runAdd(node: Node): void {
  const a = inputOf(node, 0);
  const b = inputOf(node, 1);
  const y = outputOf(node);
  const layout = layoutOf(y);
  const n = numbersOf(layout);
  const runs = runsOf(layout);
  for (let i = start(runs, 1); i < runs; i = next(i + 1)) {
    const at = planeOf(layoutOf(a), i);
    const bt = planeOf(layoutOf(b), i);
    if (!LOPPER_FULL || y.dtype == DType.I8) addPairs(node, n, at, bt, a, b, y, planeOf(layout, i));
    else addFloats(node, n, at, bt, planeOf(layout, i));
  }
}

function addPairs(
  node: Node,
  n: u32,
  at: usize,
  bt: usize,
  a: Tensor,
  b: Tensor,
  y: Tensor,
  yt: usize,
): void {
  const activation: Activation = u32(node.params);
  const lo = lowOf(activation, y);
  const hi = highOf(activation, y);
  qs8_vadd(n, at, bt, yt, a.zero, b.zero, a.scale / y.scale, b.scale / y.scale, y.zero, lo, hi);
}

function addFloats(node: Node, n: u32, at: usize, bt: usize, yt: usize): void {
  const activation: Activation = u32(node.params);
  f32_vadd(n, at, bt, yt, lowOfFloat(activation), highOfFloat(activation));
}
