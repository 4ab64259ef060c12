/** global_max_pool2d and global_avg_pool2d: [H,W,C] -> [C]. */
import { Code } from '../error';
import { imageOf } from '../arena';
import { f32_gavgpool, f32_gmaxpool, qs8_gavgpool, qs8_gmaxpool } from '../kernels/index';
import { DType, inputOf, Layout, layoutOf, model, Node, outputOf, Tensor } from '../model';
import { next, start } from '../threads';
import { checkAverage, checkBuild, checkDType, checkSameQuantization, checkSize } from './node';

function checkGlobalPool(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSize(3, x.rank) || checkSize(1, y.rank) || checkSize(x.channels, y.channels)) return Code.SHAPE;
  return checkDType(y, x.dtype) || checkBuild(x) ? Code.DTYPE : 0;
}

/** y[c] = max_p x[c,p]. */
export function checkGlobalMax(node: Node): i32 {
  const code = checkGlobalPool(node);
  return code ? code : checkSameQuantization(inputOf(node, 0), outputOf(node));
}

/** y[c] = mean_p x[c,p]. */
export function checkGlobalAvg(node: Node): i32 {
  const code = checkGlobalPool(node);
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (code || x.dtype == DType.F32) return code;
  return checkAverage(f64(x.rows) * x.columns, averageFactor(x, y));
}

function averageFactor(x: Tensor, y: Tensor): f32 {
  const ratio: f32 = x.dtype == DType.I8 ? x.scale / y.scale : 1;
  return ratio / f32(x.rows * x.columns);
}

export function runGlobalMax(node: Node): void {
  const x = layoutOf(inputOf(node, 0));
  const y = layoutOf(outputOf(node));
  const row = usize(x.stride) * x.element;
  for (let i: u32 = 0; i < model.batch; ++i) {
    for (let p = start(x.planes, 1); p < x.planes; p = next(p + 1)) {
      if (!LOPPER_FULL || x.element == 2)
        qs8_gmaxpool(x.rows, x.columns, row, imageOf(x, p, i), imageOf(y, p, i));
      else f32_gmaxpool(x.rows, x.columns, row, imageOf(x, p, i), imageOf(y, p, i));
    }
  }
}

export function runGlobalAvg(node: Node): void {
  const input = inputOf(node, 0);
  const output = outputOf(node);
  const x = layoutOf(input);
  const y = layoutOf(output);
  const row = usize(x.stride) * x.element;
  const factor = averageFactor(input, output);
  for (let i: u32 = 0; i < model.batch; ++i) {
    for (let p = start(x.planes, 1); p < x.planes; p = next(p + 1)) {
      const at = imageOf(x, p, i);
      const yt = imageOf(y, p, i);
      if (!LOPPER_FULL || x.element == 2) averagePairs(x, row, at, yt, factor, input.zero, output.zero);
      else f32_gavgpool(x.rows, x.columns, row, at, yt, factor);
    }
  }
}

function averagePairs(x: Layout, row: usize, at: usize, y: usize, factor: f32, zx: i32, zy: i32): void {
  qs8_gavgpool(x.rows, x.columns, row, at, y, factor, zx, zy, -128, 127);
}
