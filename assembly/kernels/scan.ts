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

/** Bit i: unit i of the eight at x, x + row_bytes, ... is not zero in any of `rows` rows. */
export function x_nonzero(rows: i32, x: usize, row_bytes: usize, unit: Unit): u32 {
  if ((LOPPER_FULL || ASC_FEATURE_RELAXED_SIMD) && unit != Unit.PAIR) {
    const low = nonzero_words(rows, x, row_bytes, unit);
    return low | (nonzero_words(rows, x + 16, row_bytes, unit) << 4);
  }
  let a = v128.load(x);
  while (--rows > 0) a = v128.or(a, v128.load((x += row_bytes)));
  return i16x8.bitmask(i16x8.ne(a, i16x8.splat(0)));
}

function nonzero_words(rows: i32, x: usize, row_bytes: usize, unit: Unit): u32 {
  let a = v128.load(x);
  while (--rows > 0) a = v128.or(a, v128.load((x += row_bytes)));
  return i32x4.bitmask(i32x4.ne(i32x4.shl(a, unit == Unit.FLOAT ? 1 : 0), i32x4.splat(0)));
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
