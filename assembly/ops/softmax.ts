import { Code } from '../error';
import { imageOf, isPixel } from '../arena';
import { f32_softmax } from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf } from '../model';
import { hostBytes, pack, unpack } from '../pack';
import { checkDType, checkSameShape } from './node';

/** y[p,c] = e^(x[p,c] - max_c x) / sum_c e^(x[p,c] - max_c x), over the last axis, f32. */
export function checkSoftmax(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSameShape(x, y)) return Code.SHAPE;
  return checkDType(x, DType.F32) || checkDType(y, DType.F32) ? Code.DTYPE : 0;
}

export function prepareSoftmax(node: Node): i32 {
  const x = inputOf(node, 0);
  if (!LOPPER_FULL || isPixel(x)) return 0;
  return needScratch(node, hostBytes(x)) ? 0 : Code.MEMORY;
}

export function runSoftmax(node: Node): void {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (!LOPPER_FULL || isPixel(x)) {
    for (let i: u32 = 0; i < model.batch; ++i)
      f32_softmax(x.channels, imageOf(layoutOf(x), 0, i), imageOf(layoutOf(y), 0, i));
    return;
  }
  const rows = scratchOf(node);
  unpack(x, rows);
  const pixels = x.rows * x.columns * model.batch;
  for (let p: u32 = 0; p < pixels; ++p) {
    const row = rows + (usize(p * x.channels) << 2);
    f32_softmax(x.channels, row, row);
  }
  pack(y, rows);
}
