// What loading asks of rows of weights, 16 bytes at a time: most are zero, and engines run this code once, before they optimize it.

/** What a row of weights is made of. */
export const enum Unit {
  /** Two int8. */
  PAIR,
  /** Four int8. */
  QUAD,
  /** f32; -0 is zero. */
  FLOAT,
}

/** Bit i of y: unit i of n at x is not zero; whole bytes, bits past n are 0. */
export function x_nonzero(n: i32, x: usize, y: usize, unit: Unit): void {
  for (; n > 0; n -= 8, x += 16, y++) {
    let a = v128.load(x);
    if ((LOPPER_FULL || ASC_FEATURE_RELAXED_SIMD) && unit != Unit.PAIR) {
      x += 16;
      a = i16x8.narrow_i32x4_s(words(a, unit), words(v128.load(x), unit));
    }
    store<u8>(y, i16x8.bitmask(i16x8.ne(a, i16x8.splat(0))));
  }
  store<u8>(y - 1, (<u32>load<u8>(y - 1)) & (255 >> -n));
}

function words(a: v128, unit: Unit): v128 {
  return i32x4.ne(i32x4.shl(a, unit == Unit.FLOAT ? 1 : 0), i32x4.splat(0));
}

/** Sum (low half) and sum of magnitudes (high half) of n int8, n < 2^24. */
export function qs8_sums(n: i32, x: usize): i64 {
  let sum = i32x4.splat(0);
  let magnitude = sum;
  for (; n >= 16; n -= 16, x += 16) {
    const v = v128.load(x);
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v)));
    magnitude = i32x4.add(
      magnitude,
      i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(i8x16.abs(v))),
    );
  }
  let low = total(sum);
  let high = total(magnitude);
  for (; n > 0; n--, x++) {
    const w = <i32>load<i8>(x);
    low += w;
    high += abs(w);
  }
  return ((<i64>high) << 32) | (<i64>(<u32>low));
}

function total(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3)
  );
}

/** How many of n int8 are not zero. */
export function qs8_count(n: i32, x: usize): u32 {
  let count: u32 = 0;
  for (; n >= 16; n -= 16, x += 16) count += popcnt(i8x16.bitmask(i8x16.ne(v128.load(x), i8x16.splat(0))));
  for (; n > 0; n--, x++) count += <u32>(load<u8>(x) != 0);
  return count;
}
