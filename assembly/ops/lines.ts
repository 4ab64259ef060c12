/** The innermost loop of elementwise operators and of moves: one call of a kernel. The full build's. */
import {
  f32_vbinary,
  f32_vunary,
  f32_vwhere,
  qs8_vadd,
  qs8_vbinary,
  qs8_vclamp,
  x8_lookup,
  x_copy,
} from '../kernels/index';
import { Loop } from '../loops';
import { DType, inputOf, Node, outputOf } from '../model';
import { Elementwise } from './elementwise';
import { runProducts } from './matmul';
import { isElementwise, Op } from './names';

export function runLine(node: Node, loop: Loop, y: usize, a: usize, b: usize, c: usize): void {
  const op = node.operator;
  const n = loop.count;
  if (LOPPER_ALL && op == Op.MATMUL) return runProducts(node, loop, y, a, b);
  if (!isElementwise(op)) {
    x_copy(loop.y, n, a, loop.a, y);
    return;
  }
  const params = changetype<Elementwise>(node.params);
  if (op == Op.LOOKUP) x8_lookup(n, a, y, params.table);
  else if (LOPPER_ALL && op == Op.WHERE) f32_vwhere(n, a, loop.a, b, loop.b, c, loop.c, y);
  else if (outputOf(node).dtype == DType.I8) runBytes(node, params, n, loop, y, a, b);
  else if (op >= u32(Op.RELU)) f32_vunary(op, n, a, y, params.alpha, params.beta);
  else f32_vbinary(op, n, a, loop.a, b, loop.b, y, params.alpha, params.beta);
}

function runBytes(node: Node, params: Elementwise, n: u32, loop: Loop, y: usize, a: usize, b: usize): void {
  const op = node.operator;
  const low = params.low;
  const high = params.high;
  if (op >= u32(Op.RELU)) {
    // a node's only line: it may go beyond the end
    qs8_vclamp(n, a, y, low, high);
    return;
  }
  const x = inputOf(node, 0);
  const z = inputOf(node, 1);
  const zero = outputOf(node).zero;
  let done: u32 = 0;
  if (op <= u32(Op.SUB) && loop.a & loop.b & 1) {
    done = n & ~15;
    qs8_vadd(done, a, b, y, x.zero, z.zero, params.alpha, params.beta, zero, low, high);
  }
  qs8_vbinary(
    op,
    n - done,
    a + done,
    loop.a,
    b + done,
    loop.b,
    y + done,
    x.zero,
    z.zero,
    params.alpha,
    params.beta,
    zero,
    low,
    high,
  );
}
