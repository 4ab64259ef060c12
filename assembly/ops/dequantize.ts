import { Code } from '../error';
import { imageOf, isPixel, numbersOf, planeOf, unite } from '../arena';
import { qs8_f32_vcvt, qs8_f32_vcvt_pair } from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf } from '../model';
import { hostBytes, unpack } from '../pack';
import { next, start } from '../threads';
import { checkDType, checkSameShape } from './node';

/** y = (x - zero point) * scale. An output that nothing else reads is written as the host reads it. */
export function checkDequantize(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSameShape(x, y)) return Code.SHAPE;
  if (checkDType(x, DType.I8) || checkDType(y, DType.F32)) return Code.DTYPE;
  y.raw = y.last == i32(model.nodeCount) && y.readers == 1;
  if (!y.raw) unite(x, y);
  return 0;
}

/** Row-major int8 numbers; or the second half of an odd last pair. */
export function prepareDequantize(node: Node): i32 {
  const y = outputOf(node);
  if (y.raw) return needScratch(node, hostBytes(inputOf(node, 0))) ? 0 : Code.MEMORY;
  if (!LOPPER_FULL || isPixel(y) || (y.channels & 1) == 0) return 0;
  const pixels = (u64(numbersOf(layoutOf(y))) + 15) & ~15;
  return needScratch(node, pixels << 2) ? 0 : Code.MEMORY;
}

export function runDequantize(node: Node): void {
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const x = layoutOf(input);
  const y = layoutOf(output);
  if (output.raw) {
    const numbers = scratchOf(node);
    unpack(input, numbers);
    qs8_f32_vcvt(i32(hostBytes(input)), numbers, output.host, input.scale, input.zero);
  } else if (!LOPPER_FULL || y.plane == 1) {
    for (let i = start(model.batch, 1); i < model.batch; i = next(i + 1))
      qs8_f32_vcvt(input.channels, imageOf(x, 0, i), imageOf(y, 0, i), input.scale, input.zero);
  } else {
    for (let p = start(x.planes, 1); p < x.planes; p = next(p + 1)) {
      const odd = (p << 1) + 1 == y.planes;
      const second = odd ? scratchOf(node) : planeOf(y, (p << 1) + 1);
      qs8_f32_vcvt_pair(numbersOf(y), planeOf(x, p), planeOf(y, p << 1), second, input.scale, input.zero);
    }
  }
}
