// What loading asks of rows of weights, 16 bytes at a time: most are zero, and engines run this code once, before they optimize it.

/** Bit i: unit i of the eight at x, x + row_bytes, ... is not zero in any of `rows` rows; units are int8 pairs, or f32 (-0 is zero). */
export function x_nonzero(rows: i32, x: usize, row_bytes: usize, float: bool): u32 {
  const zero = i32x4.splat(0);
  if (float) {
    const low = nonzero_floats(rows, x, row_bytes);
    return low | (nonzero_floats(rows, x + 16, row_bytes) << 4);
  }
  let a = v128.load(x);
  while (--rows > 0) a = v128.or(a, v128.load((x += row_bytes)));
  return i16x8.bitmask(i16x8.ne(a, zero));
}

function nonzero_floats(rows: i32, x: usize, row_bytes: usize): u32 {
  let a = v128.load(x);
  while (--rows > 0) a = v128.or(a, v128.load((x += row_bytes)));
  return i32x4.bitmask(i32x4.ne(i32x4.shl(a, 1), i32x4.splat(0)));
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
