// Vector times sparse matrix, four outputs an entry. Program: docs/runtime.md, "qs8_gemv_4x2".
import { clamp_f32, clamp_i8, dot_add, narrow, requantize, rounding_base } from './arithmetic';

/** acc + w[4][2] . the pair of `x16` whose index stands at `index`. */
function entry(acc: v128, x16: usize, index: usize, w: usize): v128 {
  const pair = x16 + ((<usize>load<u16>(index)) << 2);
  return dot_add(acc, v128.load32_splat(pair), v128.load8x8_s(w));
}

/**
 * acc[o] = bias[o] + sum_k w[o,k] . x16[index[k]], o = 0..3; two entries an iteration on two accumulators. A 90 % pruned autoencoder of
 * 640-128-8-128-640 takes 4.9 us so, 5.9 with four, 5.2 with one.
 */
function accumulate(x16: usize, w: usize, weights: usize, end: usize): v128 {
  let index = w + 36;
  let a = v128.load(w, 4);
  let b = i32x4.splat(0);
  for (; weights < end; weights += 16, index += 4) {
    a = entry(a, x16, index, weights);
    b = entry(b, x16, index + 2, weights + 8);
  }
  return i32x4.add(a, b);
}

/**
 * y[o] = clamp(round(m[o] * acc[o]) + zero), o = 0..3, acc = bias + sum_k w[o,k] . x[k], for `n` programs; x16: input pairs as i16[2].
 * Reads the named pairs only, writes 4 int8 a program; returns the end of the last.
 */
export function qs8_gemv_4x2(n: i32, x16: usize, w: usize, y: usize, zero: i32, lo: i32, hi: i32): usize {
  const base = rounding_base(zero);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  for (; n > 0; n--, y += 4) {
    const count = <usize>load<u32>(w);
    const weights = w + 36 + (count << 1);
    const end = weights + (count << 3);
    const q = requantize(accumulate(x16, w, weights, end), v128.load(w, 20), base);
    v128.store32_lane(y, clamp_i8(narrow(q, q, q, q), lows, highs), 0);
    w = end;
  }
  return w;
}

/** The same with f32 scores: y[o] = clamp(m[o] * acc[o]); writes 4 f32 a program. */
export function qs8_f32_gemv_4x2(n: i32, x16: usize, w: usize, y: usize, lo: f32, hi: f32): usize {
  for (; n > 0; n--, y += 16) {
    const count = <usize>load<u32>(w);
    const weights = w + 36 + (count << 1);
    const end = weights + (count << 3);
    const v = f32x4.mul(f32x4.convert_i32x4_s(accumulate(x16, w, weights, end)), v128.load(w, 20));
    v128.store(y, clamp_f32(v, f32x4.splat(lo), f32x4.splat(hi)));
    w = end;
  }
  return w;
}

/** y[i] = x[i], int8 -> int16, the input of the two above; n in vectors of 8: reads 8, writes 16 bytes a vector. */
export function qs8_widen(n: i32, x: usize, y: usize): void {
  for (; n > 0; n -= 8, x += 8, y += 16) v128.store(y, v128.load8x8_s(x));
}
