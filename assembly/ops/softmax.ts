import { Code } from '../error';
import { imageOf } from '../arena';
import { f32_softmax } from '../kernels/index';
import { DType, inputOf, layoutOf, model, Node, outputOf } from '../model';
import { needPlaces, placeOf, placeOfOutput } from '../places';
import { checkDType, checkSameShape } from './node';

/** y[p,c] = e^(x[p,c] - max_c x) / sum_c e^(x[p,c] - max_c x), over the last axis, f32. */
export function checkSoftmax(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSameShape(x, y)) return Code.SHAPE;
  return checkDType(x, DType.F32) || checkDType(y, DType.F32) ? Code.DTYPE : 0;
}

export function prepareSoftmax(node: Node): i32 {
  return LOPPER_FULL ? needPlaces(node, false, 0) : 0;
}

/** The core build's: vectors. */
export function runSoftmax(node: Node): void {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  for (let i: u32 = 0; i < model.batch; ++i)
    f32_softmax(x.channels, imageOf(layoutOf(x), 0, i), imageOf(layoutOf(y), 0, i));
}

/** The full build's: the rows of one image. */
export function runSoftmaxImage(node: Node): void {
  const y = outputOf(node);
  const row = usize(y.channels) << 2;
  let from = placeOf(node, 0);
  let to = placeOfOutput(node);
  for (let left = y.elements; left; left -= y.channels, from += row, to += row)
    f32_softmax(y.channels, from, to);
}
