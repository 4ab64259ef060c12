import { Code } from '../error';
import { imageOf, isVector, runOf, unite } from '../arena';
import { qs8_f32_vcvt, qs8_f32_vcvt_pair } from '../kernels/index';
import { DType, inputOf, layoutOf, model, needScratch, Node, outputOf, scratchOf } from '../model';
import { hostBytes, imageBytes, pack, unpack } from '../pack';
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

/** Whether it writes planes. */
export function isOfPlanes(node: Node): bool {
  const y = outputOf(node);
  return LOPPER_FULL && !y.raw && !isVector(y);
}

/** Row-major numbers where one side is in planes; or the second half of an odd last pair. */
export function prepareDequantize(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (!LOPPER_FULL) return !y.raw || needScratch(node, hostBytes(x)) ? 0 : Code.MEMORY;
  let bytes: u64 = isVector(x) ? 0 : hostBytes(x);
  if (isOfPlanes(node)) {
    if (isVector(x)) bytes = hostBytes(y) + 32;
    else bytes = y.channels & 1 ? ((u64(runOf(layoutOf(y))) + 15) & ~15) << 2 : 0;
  }
  return bytes == 0 || needScratch(node, bytes) ? 0 : Code.MEMORY;
}

/** The core build's: scores for the host, or vectors. */
export function runScores(node: Node): void {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (y.raw) {
    const numbers = scratchOf(node);
    unpack(x, numbers);
    qs8_f32_vcvt(i32(hostBytes(x)), numbers, y.host, x.scale, x.zero);
  } else {
    for (let i: u32 = 0; i < model.batch; ++i)
      qs8_f32_vcvt(x.channels, imageOf(layoutOf(x), 0, i), imageOf(layoutOf(y), 0, i), x.scale, x.zero);
  }
}

/** The full build's. */
export function runDequantize(node: Node): void {
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const x = layoutOf(input);
  const y = layoutOf(output);
  if (isOfPlanes(node) && !isVector(input)) {
    // image by image: those of a constant are one, and what is written beyond an image, the next one overwrites
    for (let p = start(x.planes, 1); p < x.planes; p = next(p + 1)) {
      const odd = (p << 1) + 1 == y.planes;
      for (let i: u32 = 0; i < model.batch; ++i) {
        const second = odd ? scratchOf(node) : imageOf(y, (p << 1) + 1, i);
        qs8_f32_vcvt_pair(runOf(y), imageOf(x, p, i), imageOf(y, p << 1, i), second, input.scale, input.zero);
      }
    }
    return;
  }
  let from = x.address;
  let step = x.image << 1;
  if (!isVector(input)) {
    from = scratchOf(node);
    step = imageBytes(input);
    unpack(input, from);
  }
  let to = y.address;
  let stepTo = y.image << 2;
  if (output.raw || isOfPlanes(node)) {
    to = output.raw ? output.host : scratchOf(node);
    stepTo = imageBytes(output);
  }
  // what a kernel writes beyond an image, the next one overwrites
  for (let i: u32 = 0; i < model.batch; ++i)
    qs8_f32_vcvt(input.elements, from + i * step, to + i * stepTo, input.scale, input.zero);
  if (isOfPlanes(node)) pack(output, to);
}
