import { clamp_f32, multiply_add } from './arithmetic';

/** acc + w[4] * the element of `x` whose byte offset stands at `offset`. */
function entry(acc: v128, x: usize, offset: usize, w: usize): v128 {
  return multiply_add(v128.load32_splat(x + load<i32>(offset)), v128.load(w), acc);
}

/**
 * y[o] = clamp(bias[o] + sum_k w[o,k] * x[offset[k]]), o = 0..3; four entries an iteration on four accumulators.
 * Reads the named elements only, writes 4 f32; returns the end of the program (docs/runtime.md, "f32_gemv_4x1").
 */
export function f32_gemv_4x1(x: usize, w: usize, y: usize, lo: f32, hi: f32): usize {
  const count = <usize>load<u32>(w);
  let offset = w + 20;
  let weights = offset + (count << 2);
  const end = weights + (count << 4);
  let a = v128.load(w, 4);
  let b = f32x4.splat(0);
  let c = b;
  let d = b;
  for (; weights + 64 <= end; weights += 64, offset += 16) {
    a = entry(a, x, offset, weights);
    b = entry(b, x, offset + 4, weights + 16);
    c = entry(c, x, offset + 8, weights + 32);
    d = entry(d, x, offset + 12, weights + 48);
  }
  for (; weights < end; weights += 16, offset += 4) a = entry(a, x, offset, weights);
  const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  v128.store(y, clamp_f32(sum, f32x4.splat(lo), f32x4.splat(hi)));
  return end;
}
