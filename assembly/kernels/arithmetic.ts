// The vector forms of the rules of src/format/FORMAT.md "Arithmetic" that several kernels share.
// Plain functions this small are inlined at -O3.

/** 1.5 * 2^23: adding it to |v| < 2^22 rounds v to an integer, to nearest even, in the low bits of the sum. */
const MAGIC: f32 = 12582912.0;
const MAGIC_BITS: i32 = 0x4b400000;

/** `base` of `round_biased`: one subtraction takes the magic bits away and adds the zero point. */
export function rounding_base(zero: i32): v128 {
  return i32x4.splat(MAGIC_BITS - zero);
}

/** round(v) + zero, in i32. */
export function round_biased(v: v128, base: v128): v128 {
  return i32x4.sub(f32x4.add(v, f32x4.splat(MAGIC)), base);
}

/** round(fround(acc) * m) + zero, in i32. */
export function requantize(acc: v128, m: v128, base: v128): v128 {
  return round_biased(f32x4.mul(f32x4.convert_i32x4_s(acc), m), base);
}

/** Scalar round(v) + zero. */
export function round_scalar(v: f32, zero: i32): i32 {
  return reinterpret<i32>(v + MAGIC) - MAGIC_BITS + zero;
}

/** 16 x i32 -> 16 x i8 in the same order, saturating twice, which a later clamp within int8 cannot tell from a clamp in i32. */
export function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

export function clamp_i8(v: v128, lo: v128, hi: v128): v128 {
  return i8x16.min_s(i8x16.max_s(v, lo), hi);
}

export function clamp_i32(v: i32, lo: i32, hi: i32): i32 {
  return min(max(v, lo), hi);
}

/** pmax/pmin in this operand order are one instruction each on x64 and let a NaN of `v` through. */
export function clamp_f32(v: v128, lo: v128, hi: v128): v128 {
  return f32x4.pmin(f32x4.pmax(v, lo), hi);
}

export function clamp_f32_scalar(v: f32, lo: f32, hi: f32): f32 {
  const raised = v < lo ? lo : v;
  return raised > hi ? hi : raised;
}

/** acc + a * b: rounded twice in the baseline build, once where the machine fuses in the relaxed build. */
export function multiply_add(a: v128, b: v128, acc: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, acc);
  return f32x4.add(f32x4.mul(a, b), acc);
}

/** acc + dot(4 pixel pairs at `x`, w): one multiply-add of 4 pixels. */
export function dot_add(acc: v128, x: v128, w: v128): v128 {
  return i32x4.add(acc, i32x4.dot_i16x8_s(x, w));
}
