import { Code, failReal } from '../error';
import { imageOf, isPixel } from '../arena';
import { f32_qs8_vcvt } from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf, Tensor } from '../model';
import { hostBytes, pack, unpack } from '../pack';
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

/** Row-major int8 numbers, and f32 where they do not come so. */
export function prepareQuantize(node: Node): i32 {
  const x = inputOf(node, 0);
  if (isPlain(x)) return 0;
  const bytes = numberBytes(outputOf(node)) + (x.raw ? 0 : hostBytes(x));
  return needScratch(node, bytes) ? 0 : Code.MEMORY;
}

/** Those of all images, in whole vectors. */
function numberBytes(y: Tensor): u64 {
  return (hostBytes(y) + 15) & ~15;
}

export function runQuantize(node: Node): void {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const plain = isPlain(y);
  const numbers = plain ? imageOf(layoutOf(y), 0, 0) : scratchOf(node);
  let from = x.host;
  if (!x.raw) {
    if (plain) from = imageOf(layoutOf(x), 0, 0);
    else unpack(x, (from = numbers + usize(numberBytes(y))));
  }
  f32_qs8_vcvt(i32(hostBytes(y)), from, numbers, 1 / y.scale, y.zero);
  if (!plain) pack(y, numbers);
}
