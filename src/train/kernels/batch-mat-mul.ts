import {
  BatchMatMul,
  Transpose,
  type BatchMatMulAttrs,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {
  trainingKernel,
  withScratch,
  zeroOutput,
  type KernelArgs,
  type Scratch,
  type TrainingKernel,
} from './scratch.js';
import { addressOf, simd } from './simd.js';

interface Inputs {
  a: TensorInfo;
  b: TensorInfo;
}
type Args = KernelArgs<Inputs, BatchMatMulAttrs>;

/**
 * `op(a) . op(b)`, where op transposes the last two dimensions or does nothing. The stock kernel multiplies
 * with XNNPACK only if neither is transposed, and otherwise in a scalar loop; every gradient of a dense layer
 * has one transposed operand. `a^T . b`, the gradient of the weights, has a kernel of its own; else transpose
 * first, then call the stock kernel.
 */
export function batchMatMulKernel(stock: KernelConfig): TrainingKernel {
  return trainingKernel(BatchMatMul, (args: Args) =>
    isPlainTransposedLeft(args) ? transposedLeft(args) : transposedFirst(stock, args),
  );
}

function isPlainTransposedLeft({ inputs: { a, b }, attrs }: Args): boolean {
  const single = [a, b].every(
    (x) => x.dtype === 'float32' && x.shape.slice(0, -2).every((size) => size === 1),
  );
  return single && attrs.transposeA && !attrs.transposeB && a.shape.length === b.shape.length;
}

/** `c[m,n] = sum_p a[p,m] * b[p,n]`. */
function transposedLeft({ inputs: { a, b }, backend }: Args): TensorInfo {
  const [count, m] = a.shape.slice(-2);
  const n = b.shape[b.shape.length - 1];
  const output = zeroOutput(backend, [...a.shape.slice(0, -2), m, n]);
  const [pa, pb, pc] = [a, b, output].map((tensor) => addressOf(backend, tensor));
  simd(backend).f32_matmul_tn(count, m, n, pa, pb, pc);
  return output;
}

function transposedFirst(stock: KernelConfig, { inputs, attrs, backend }: Args): TensorInfo {
  return withScratch(backend, (scratch) => {
    const a = attrs.transposeA ? swapLast(scratch, inputs.a) : inputs.a;
    const b = attrs.transposeB ? swapLast(scratch, inputs.b) : inputs.b;
    const plain = { transposeA: false, transposeB: false };
    return stock.kernelFunc({ inputs: { a, b }, attrs: plain, backend }) as TensorInfo;
  });
}

function swapLast(scratch: Scratch, x: TensorInfo): TensorInfo {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => axis);
  perm[rank - 2] = rank - 1;
  perm[rank - 1] = rank - 2;
  return scratch.run(Transpose, { x }, { perm });
}
