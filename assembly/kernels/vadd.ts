import { clamp_f32, clamp_i8, narrow, round_biased, rounding_base } from './arithmetic';

/** fround(x * m) of the low or high four of eight i16. */
function scale_low(x: v128, m: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(x)), m);
}

function scale_high(x: v128, m: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(x)), m);
}

/**
 * y[i] = clamp(round((a[i] - za) * ma + (b[i] - zb) * mb) + zy), each product and the sum rounded to f32.
 * n elements in vectors of 16, reads and writes whole vectors; y may be a or b.
 */
export function qs8_vadd(
  n: i32,
  a: usize,
  b: usize,
  y: usize,
  za: i32,
  zb: i32,
  ma: f32,
  mb: f32,
  zy: i32,
  lo: i32,
  hi: i32,
): void {
  const zeros_a = i16x8.splat(<i16>za);
  const zeros_b = i16x8.splat(<i16>zb);
  const scale_a = f32x4.splat(ma);
  const scale_b = f32x4.splat(mb);
  const base = rounding_base(zy);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  for (; n > 0; n -= 16, a += 16, b += 16, y += 16) {
    const a0 = i16x8.sub(v128.load8x8_s(a), zeros_a);
    const a1 = i16x8.sub(v128.load8x8_s(a, 8), zeros_a);
    const b0 = i16x8.sub(v128.load8x8_s(b), zeros_b);
    const b1 = i16x8.sub(v128.load8x8_s(b, 8), zeros_b);
    const q0 = round_biased(f32x4.add(scale_low(a0, scale_a), scale_low(b0, scale_b)), base);
    const q1 = round_biased(f32x4.add(scale_high(a0, scale_a), scale_high(b0, scale_b)), base);
    const q2 = round_biased(f32x4.add(scale_low(a1, scale_a), scale_low(b1, scale_b)), base);
    const q3 = round_biased(f32x4.add(scale_high(a1, scale_a), scale_high(b1, scale_b)), base);
    v128.store(y, clamp_i8(narrow(q0, q1, q2, q3), lows, highs));
  }
}

/** y[i] = clamp(a[i] + b[i]); n elements in vectors of 4, reads and writes whole vectors; y may be a or b. */
export function f32_vadd(n: i32, a: usize, b: usize, y: usize, lo: f32, hi: f32): void {
  const lows = f32x4.splat(lo);
  const highs = f32x4.splat(hi);
  for (; n > 0; n -= 4, a += 16, b += 16, y += 16) {
    v128.store(y, clamp_f32(f32x4.add(v128.load(a), v128.load(b)), lows, highs));
  }
}
