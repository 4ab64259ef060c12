/** The core build's add: int8, of one shape. The full build's is one of elementwise.ts. */
import { Code, fail, failReal } from '../error';
import { numbersOf, planeOf, runsOf, unite } from '../arena';
import { qs8_vadd } from '../kernels/index';
import { DType, inputOf, layoutOf, Node, outputOf, Tensor } from '../model';
import { same } from '../text';
import {
  Activation,
  checkDType,
  checkSameShape,
  foundActivation,
  highOf,
  isNatural,
  lowOf,
  readActivation,
} from './node';

/** Rank and dimensions. */
function shapeOf(tensor: Tensor): usize {
  return changetype<usize>(tensor) + offsetof<Tensor>('rank');
}

const SHAPE_BYTES: u32 = 28;

/** y = activation(a + b). */
export function checkAdd(node: Node): i32 {
  const a = inputOf(node, 0);
  const b = inputOf(node, 1);
  const y = outputOf(node);
  if (a.dtype == DType.F32 || !same(shapeOf(a), SHAPE_BYTES, shapeOf(b), SHAPE_BYTES))
    return fail(Code.BUILD, 0, 0);
  if (checkSameShape(a, y)) return Code.SHAPE;
  if (checkDType(b, DType.I8) || checkDType(y, DType.I8)) return Code.DTYPE;
  if (readActivation(node)) return Code.ATTRIBUTE;
  node.params = foundActivation();
  y.natural = isNatural(foundActivation(), y);
  unite(a, b);
  unite(a, y);
  const bound = 255 * (f64(a.scale / y.scale) + f64(b.scale / y.scale));
  return bound < 4194304 ? 0 : failReal(Code.OVERFLOW, 4194304, bound);
}

export function runAdd(node: Node): void {
  const a = inputOf(node, 0);
  const b = inputOf(node, 1);
  const y = outputOf(node);
  const layout = layoutOf(y);
  const activation: Activation = u32(node.params);
  const lo = lowOf(activation, y);
  const hi = highOf(activation, y);
  const n = numbersOf(layout);
  for (let i: u32 = 0; i < runsOf(layout); ++i) {
    const at = planeOf(layoutOf(a), i);
    const bt = planeOf(layoutOf(b), i);
    qs8_vadd(
      n,
      at,
      bt,
      planeOf(layout, i),
      a.zero,
      b.zero,
      a.scale / y.scale,
      b.scale / y.scale,
      y.zero,
      lo,
      hi,
    );
  }
}
