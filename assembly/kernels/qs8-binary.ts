import { Op } from '../ops/names';
import { clamp_i8, narrow, requantize, round_biased, rounding_base } from './arithmetic';

/** Eight int8, in the low half: of step 1 as they lie, of step 2 one pair four times, of step 0 one eight times. */
function load_i8(x: usize, step: i32): v128 {
  return step == 1 ? v128.load64_zero(x) : step ? v128.load16_splat(x) : v128.load8_splat(x);
}

/** (q - zero) of four i16 in the low half. */
function difference_low(q: v128, zero: v128): v128 {
  return i32x4.sub(i32x4.extend_low_i16x8_s(q), zero);
}

function difference_high(q: v128, zero: v128): v128 {
  return i32x4.sub(i32x4.extend_high_i16x8_s(q), zero);
}

/** round(f(a, b)) + zero: MUL a * b * ma, else a * ma + b * mb. */
function apply(f: Op, a: v128, b: v128, ma: v128, mb: v128, base: v128): v128 {
  if (f == Op.MUL) return requantize(i32x4.mul(a, b), ma, base);
  const x = f32x4.mul(f32x4.convert_i32x4_s(a), ma);
  return round_biased(f32x4.add(x, f32x4.mul(f32x4.convert_i32x4_s(b), mb)), base);
}

/**
 * y[i] = clamp(round(f(a[i], b[i])) + zy, lo, hi), n int8, written exactly; FORMAT.md "Arithmetic". An input of step 0 is one number, of
 * step 2 one pair. MUL, MIN and MAX (of stored numbers); else the sum, a difference having -mb.
 */
export function qs8_vbinary(
  f: i32,
  n: i32,
  a: usize,
  sa: i32,
  b: usize,
  sb: i32,
  y: usize,
  za: i32,
  zb: i32,
  ma: f32,
  mb: f32,
  zy: i32,
  lo: i32,
  hi: i32,
): void {
  const zeroA = i32x4.splat(za);
  const zeroB = i32x4.splat(zb);
  const factorA = f32x4.splat(ma);
  const factorB = f32x4.splat(mb);
  const base = rounding_base(zy);
  for (; n > 0; n -= 8, a += sa == 1 ? 8 : 0, b += sb == 1 ? 8 : 0) {
    let p = load_i8(a, sa);
    const q = load_i8(b, sb);
    if (f == Op.MIN) p = i8x16.min_s(p, q);
    else if (f == Op.MAX) p = i8x16.max_s(p, q);
    else {
      const wideA = i16x8.extend_low_i8x16_s(p);
      const wideB = i16x8.extend_low_i8x16_s(q);
      const low = apply(
        f,
        difference_low(wideA, zeroA),
        difference_low(wideB, zeroB),
        factorA,
        factorB,
        base,
      );
      const high = apply(
        f,
        difference_high(wideA, zeroA),
        difference_high(wideB, zeroB),
        factorA,
        factorB,
        base,
      );
      p = clamp_i8(narrow(low, high, low, high), i8x16.splat(<i8>lo), i8x16.splat(<i8>hi));
    }
    if (n >= 8) v128.store64_lane(y, p, 0);
    else for (let i = n; i > 0; i--, y++, p = i64x2.shr_u(p, 8)) v128.store8_lane(y, p, 0);
    y += 8;
  }
}

/** y[i] = table[x[i] + 128], n int8, read and written exactly; y may be x. */
export function x8_lookup(n: i32, x: usize, y: usize, table: usize): void {
  const middle = table + 128;
  for (; n >= 4; n -= 4, x += 4, y += 4) {
    const a = load<u8>(middle + load<i8>(x));
    const b = load<u8>(middle + load<i8>(x, 1));
    const c = load<u8>(middle + load<i8>(x, 2));
    const d = load<u8>(middle + load<i8>(x, 3));
    store<u8>(y, a);
    store<u8>(y, b, 1);
    store<u8>(y, c, 2);
    store<u8>(y, d, 3);
  }
  for (; n > 0; n--, x++, y++) store<u8>(y, load<u8>(middle + load<i8>(x)));
}
