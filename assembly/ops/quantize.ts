import { Code, failReal } from '../error';
import { imageOf, isVector } from '../arena';
import { f32_qs8_vcvt } from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { hostBytes, imageBytes, packRow, unpack } from '../pack';
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

/** Its numbers lie as kernels want them, row-major. */
function isPlain(x: Tensor): bool {
  return x.raw || isVector(x);
}

/** The numbers of a row, and f32 of all where they do not come row-major. */
export function prepareQuantize(node: Node): i32 {
  const x = inputOf(node, 0);
  const bytes = rowBytes(outputOf(node)) + (isPlain(x) ? 0 : hostBytes(x));
  return bytes == 0 || needScratch(node, bytes) ? 0 : Code.MEMORY;
}

/** Those of a row of numbers that are yet to be packed, in whole vectors. */
function rowBytes(y: Tensor): u64 {
  return isVector(y) ? 0 : (u64(y.columns) * y.channels + 15) & ~15;
}

/** Whether its loop is over rows that the host wrote. */
export function splitsQuantize(node: Node): bool {
  return inputOf(node, 0).raw && !isVector(outputOf(node));
}

export function runQuantize(node: Node): void {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const inverse: f32 = 1 / y.scale;
  let from = x.host;
  let step = imageBytes(x);
  if (!x.raw) {
    // the core build's f32 are vectors
    if (!LOPPER_FULL || isVector(x)) {
      from = layoutOf(x).address;
      step = layoutOf(x).image << 2;
    } else unpack(x, (from = scratchOf(node) + usize(rowBytes(y))));
  }
  if (isVector(y)) {
    for (let i: u32 = 0; i < model.batch; ++i)
      f32_qs8_vcvt(y.elements, from + i * step, imageOf(layoutOf(y), 0, i), inverse, y.zero);
    return;
  }
  const numbers = scratchOf(node);
  const rows = y.rows * model.batch;
  const count = y.columns * y.channels;
  for (let r = start(rows, 1); r < rows; r = next(r + 1)) {
    const at = from + (r / y.rows) * step + (((r % y.rows) * count) << 2);
    f32_qs8_vcvt(count, at, numbers, inverse, y.zero);
    packRow(y, r, numbers);
  }
}
