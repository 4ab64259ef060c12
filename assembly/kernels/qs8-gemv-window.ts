// Vector times unstructured matrix, eight outputs an entry. Program: docs/runtime.md, "qs8_gemv_8x16".
import { clamp_i8, dot_add, narrow, requantize, rounding_base } from './arithmetic';

/**
 * y[o] = clamp(round(m[o] * (bias[o] + sum_k w[o,k] . x[k])) + zero), o = 0..7, for `n` programs. An entry is a window of 16 consecutive
 * inputs, of which each output takes any two: i32 offset | u8 which[16] | i8 w[16], output o at 2 o and 2 o + 1. Reads 16 bytes at each
 * x + offset, writes 8 int8 a program; returns the end of the last. At 10 % density an entry holds 8 to 9 weights for 17 instructions;
 * one of qs8_gemv_4x2 1.4 for 6.
 */
export function qs8_gemv_8x16(n: i32, x: usize, w: usize, y: usize, zero: i32, lo: i32, hi: i32): usize {
  const base = rounding_base(zero);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  for (; n > 0; n--, y += 8) {
    let entry = w + 68;
    const end = entry + <usize>load<u32>(w) * 36;
    let a = v128.load(w, 4);
    let b = v128.load(w, 20);
    for (; entry < end; entry += 36) {
      const pairs = i8x16.swizzle(v128.load(x + <usize>load<u32>(entry)), v128.load(entry, 4));
      a = dot_add(a, i16x8.extend_low_i8x16_s(pairs), v128.load8x8_s(entry, 20));
      b = dot_add(b, i16x8.extend_high_i8x16_s(pairs), v128.load8x8_s(entry, 28));
    }
    const p = requantize(a, v128.load(w, 36), base);
    const q = requantize(b, v128.load(w, 52), base);
    v128.store64_lane(y, clamp_i8(narrow(p, q, p, q), lows, highs), 0);
    w = end;
  }
  return w;
}
