import { Code, failReal } from '../error';
import { imageOf, isPixel, numbersOf, planeOf, unite } from '../arena';
import { f32_qs8_vcvt, f32_qs8_vcvt_pair } from '../kernels/index';
import { DType, inputOf, layoutOf, model, Node, outputOf } from '../model';
import { next, start } from '../threads';
import { checkDType, checkSameShape } from './node';

/** y = clamp(round(x / scale) + zero point, -128, 127). */
export function checkQuantize(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSameShape(x, y)) return Code.SHAPE;
  if (checkDType(x, DType.F32) || checkDType(y, DType.I8)) return Code.DTYPE;
  const inverse: f32 = 1 / y.scale;
  if (!(inverse < Infinity)) return failReal(Code.NOT_FINITE, 0, inverse);
  unite(x, y);
  return 0;
}

export function runQuantize(node: Node): void {
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const x = layoutOf(input);
  const y = layoutOf(output);
  const inverse: f32 = 1 / output.scale;
  if (isPixel(output)) {
    for (let i = start(model.batch, 1); i < model.batch; i = next(i + 1))
      f32_qs8_vcvt(output.channels, imageOf(x, 0, i), imageOf(y, 0, i), inverse, output.zero);
    return;
  }
  for (let p = start(y.planes, 1); p < y.planes; p = next(p + 1)) {
    const first = planeOf(x, p << 1);
    const second = (p << 1) + 1 < x.planes ? planeOf(x, (p << 1) + 1) : first;
    f32_qs8_vcvt_pair(numbersOf(y) >> 1, first, second, planeOf(y, p), inverse, output.zero);
  }
}
