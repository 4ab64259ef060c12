import { Code, failReal } from '../error';
import { imageOf, isPixel } from '../arena';
import { f32_qs8_vcvt } from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { hostBytes, packRow, unpack } from '../pack';
import { next, start } from '../threads';
import { checkDType, checkSameShape } from './node';

/** y = clamp(round(x / scale) + zero point, -128, 127). An input that nothing else reads is taken as the host wrote it. */
export function checkQuantize(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSameShape(x, y)) return Code.SHAPE;
  if (checkDType(x, DType.F32) || checkDType(y, DType.I8)) return Code.DTYPE;
  const inverse: f32 = 1 / y.scale;
  if (!(inverse < Infinity)) return failReal(Code.NOT_FINITE, 0, inverse);
  x.raw = x.producer == -1 && x.readers == 1;
  return 0;
}

/** One vector: as it is row-major, so it lies. */
function isPlain(tensor: Tensor): bool {
  return isPixel(tensor) && model.batch == 1;
}

/** The numbers of a row, and f32 of all where they do not come row-major. */
export function prepareQuantize(node: Node): i32 {
  const x = inputOf(node, 0);
  if (isPlain(x)) return 0;
  const bytes = rowBytes(outputOf(node)) + (x.raw ? 0 : hostBytes(x));
  return needScratch(node, bytes) ? 0 : Code.MEMORY;
}

/** Those of a row of numbers, in whole vectors. */
function rowBytes(y: Tensor): u64 {
  return (u64(y.columns) * y.channels + 15) & ~15;
}

/** Whether its loop is over rows that the host wrote. */
export function splitsQuantize(node: Node): bool {
  return inputOf(node, 0).raw && !isPixel(outputOf(node));
}

export function runQuantize(node: Node): void {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const inverse: f32 = 1 / y.scale;
  let from = x.host;
  if (isPlain(y)) {
    if (!x.raw) from = imageOf(layoutOf(x), 0, 0);
    f32_qs8_vcvt(y.elements, from, imageOf(layoutOf(y), 0, 0), inverse, y.zero);
    return;
  }
  const numbers = scratchOf(node);
  if (!x.raw) unpack(x, (from = numbers + usize(rowBytes(y))));
  const rows = y.rows * model.batch;
  const count = y.columns * y.channels;
  for (let r = start(rows, 1); r < rows; r = next(r + 1)) {
    f32_qs8_vcvt(count, from + (usize(r * count) << 2), numbers, inverse, y.zero);
    packRow(y, r, numbers);
  }
}
