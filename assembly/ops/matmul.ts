/** y[..,m,n] = sum_k a[..,m,k] * b[..,k,n], leading axes broadcast. The full build's. */
import { Code, expect, lastCode } from '../error';
import { alloc } from '../heap';
import { f32_gemm, f32_gemm_pack } from '../kernels/index';
import { addLoop, addOuter, closeLoops, Loop, openLoops, setStep } from '../loops';
import { DType, inputOf, Node, outputOf, scratchOf, Tensor } from '../model';
import { needPlaces } from '../places';
import { checkBroadcast, stepAt } from './elementwise';
import { checkDType, checkSize, dimension, whole } from './node';

@unmanaged
class Product {
  m: u32;
  n: u32;
  k: u32;
  /** Each input: bytes from row to row, and from column to column, as they are multiplied. */
  aRow: u32;
  aColumn: u32;
  bRow: u32;
  bColumn: u32;
}

export function checkMatmul(node: Node): i32 {
  const a = inputOf(node, 0);
  const b = inputOf(node, 1);
  const y = outputOf(node);
  const product = changetype<Product>(alloc(offsetof<Product>()));
  if (!changetype<usize>(product)) return Code.MEMORY;
  node.params = changetype<usize>(product);
  for (let i: u32 = 0; i < 3; ++i) {
    const x = inputOf(node, i);
    if (checkDType(x, DType.F32)) return Code.DTYPE;
    if (x.rank < 2) return expect(Code.RANK, 2, x.rank);
  }
  const turnA = whole(node, 'transpose_a', 0, 1, 0);
  const turnB = whole(node, 'transpose_b', 0, 1, 0);
  if (lastCode() || checkBroadcast(node, 2)) return Code.SHAPE;
  product.m = y.columns;
  product.n = y.channels;
  product.k = turnA ? a.columns : a.channels;
  product.aRow = turnA ? 4 : a.channels << 2;
  product.aColumn = turnA ? a.channels << 2 : 4;
  product.bRow = turnB ? 4 : b.channels << 2;
  product.bColumn = turnB ? b.channels << 2 : 4;
  if (checkSize(product.m, turnA ? a.channels : a.columns)) return Code.SHAPE;
  if (checkSize(product.n, turnB ? b.columns : b.channels)) return Code.SHAPE;
  return checkSize(product.k, turnB ? b.channels : b.columns);
}

/** Loops over the leading axes; room for b in panels of eight columns. */
export function prepareMatmul(node: Node): i32 {
  const y = outputOf(node);
  const product = changetype<Product>(node.params);
  const panels = ((u64(product.n) + 7) & ~7) * product.k;
  node.multiplyAdds = f64(y.elements) * product.k;
  if (needPlaces(node, false, panels << 2) || openLoops(node, y.rank)) return Code.MEMORY;
  addOuter(1);
  for (let d: u32 = 0; d + 2 < y.rank; ++d) {
    for (let i: u32 = 0; i < 3; ++i) setStep(node, i, stepAt(inputOf(node, i), y, d));
    addLoop(dimension(y, d));
  }
  closeLoops();
  return 0;
}

/** The innermost loop over leading axes. */
export function runProducts(node: Node, loop: Loop, y: usize, a: usize, b: usize): void {
  const p = changetype<Product>(node.params);
  const panels = scratchOf(node);
  for (let i: u32 = 0; i < loop.count; ++i, y += loop.y, a += loop.a, b += loop.b) {
    if (i == 0 || loop.b) f32_gemm_pack(p.k, p.n, b, p.bRow, p.bColumn, panels);
    f32_gemm(p.m, p.n, p.k, a, p.aRow, p.aColumn, panels, y);
  }
}
