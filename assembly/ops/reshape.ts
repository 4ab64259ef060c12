import { Code } from '../error';
import { share } from '../arena';
import { inputOf, layoutOf, needScratch, Node, outputOf, scratchOf } from '../model';
import { hostBytes, pack, unpack } from '../pack';
import { checkDType, checkSameQuantization, checkSize } from './node';

/** The same numbers in row-major order with channels last. Where both shapes lie alike in memory, nothing is moved. */
export function checkReshape(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (checkSize(x.elements, y.elements)) return Code.SHAPE;
  if (checkDType(y, x.dtype)) return Code.DTYPE;
  if (checkSameQuantization(x, y)) return Code.QUANTIZATION;
  const from = layoutOf(x);
  const to = layoutOf(y);
  if (from.rows == to.rows && from.columns == to.columns) share(y, x);
  return 0;
}

export function prepareReshape(node: Node): i32 {
  const x = inputOf(node, 0);
  if (outputOf(node).layout == x.layout) return 0;
  return needScratch(node, hostBytes(x)) ? 0 : Code.MEMORY;
}

export function runReshape(node: Node): void {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  if (y.layout == x.layout) return;
  const rows = scratchOf(node);
  unpack(x, rows);
  pack(y, rows);
}
