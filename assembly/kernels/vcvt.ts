import { narrow, round_biased, rounding_base } from './arithmetic';

/** round(clamp(x * inverse, -2^21, 2^21)) + zero in i32; NaN counts as 0. */
function quantize(x: v128, inverse: v128, base: v128): v128 {
  const v = f32x4.mul(x, inverse);
  const number = v128.and(v, f32x4.eq(v, v));
  const bounded = f32x4.pmin(f32x4.pmax(number, f32x4.splat(-2097152)), f32x4.splat(2097152));
  return round_biased(bounded, base);
}

/** 16 f32 at x -> 16 int8. */
function quantize_16(x: usize, inverse: v128, base: v128): v128 {
  return narrow(
    quantize(v128.load(x), inverse, base),
    quantize(v128.load(x, 16), inverse, base),
    quantize(v128.load(x, 32), inverse, base),
    quantize(v128.load(x, 48), inverse, base),
  );
}

/**
 * y[i] = clamp(round(x[i] * inverse) + zero, -128, 127), inverse = fround(1 / scale); NaN gives zero.
 * n elements in vectors of 16: reads 64 and writes 16 bytes a vector.
 */
export function f32_qs8_vcvt(n: i32, x: usize, y: usize, inverse: f32, zero: i32): void {
  const inverses = f32x4.splat(inverse);
  const base = rounding_base(zero);
  for (; n > 0; n -= 16, x += 64, y += 16) v128.store(y, quantize_16(x, inverses, base));
}

/** (q - zero) * scale of four i32. */
function dequantize(q: v128, zero: v128, scale: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(q, zero)), scale);
}

/** y[i] = (x[i] - zero) * scale; n elements in vectors of 8: reads 8 and writes 32 bytes a vector. */
export function qs8_f32_vcvt(n: i32, x: usize, y: usize, scale: f32, zero: i32): void {
  const scales = f32x4.splat(scale);
  const zeros = i32x4.splat(zero);
  for (; n > 0; n -= 8, x += 8, y += 32) {
    const q = v128.load8x8_s(x);
    v128.store(y, dequantize(i32x4.extend_low_i16x8_s(q), zeros, scales));
    v128.store(y, dequantize(i32x4.extend_high_i16x8_s(q), zeros, scales), 16);
  }
}

/** The same for one plane of int8 pairs into two f32 channel planes: 4 pixels read 8 bytes, write 16 of each. */
export function qs8_f32_vcvt_pair(pixels: i32, x: usize, y0: usize, y1: usize, scale: f32, zero: i32): void {
  const scales = f32x4.splat(scale);
  const zeros = i32x4.splat(zero);
  for (; pixels > 0; pixels -= 4, x += 8, y0 += 16, y1 += 16) {
    const q = v128.load8x8_s(x);
    v128.store(y0, dequantize(i32x4.shr_s(i32x4.shl(q, 16), 16), zeros, scales));
    v128.store(y1, dequantize(i32x4.shr_s(q, 16), zeros, scales));
  }
}
