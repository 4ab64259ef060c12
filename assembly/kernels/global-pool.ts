// Pools over a whole plane of rows x columns pixels, rows `stride` bytes apart. They read exactly those pixels.
import { clamp_i32, round_scalar } from './arithmetic';

function horizontal_sum(v: v128): i32 {
  const half = i32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(half, 0) + i32x4.extract_lane(half, 1);
}

/**
 * y[c] = clamp(round(factor * sum_p (x[c,p] - zx)) + zy), c = 0, 1 of a plane of int8 pairs;
 * factor = fround(fround(sx / sy) / pixels). Writes 2 int8.
 */
export function qs8_gavgpool(
  rows: i32,
  columns: i32,
  stride: usize,
  x: usize,
  y: usize,
  factor: f32,
  zx: i32,
  zy: i32,
  lo: i32,
  hi: i32,
): void {
  let sum0 = -rows * columns * zx;
  let sum1 = sum0;
  const first = i32x4.splat(1);
  const second = i32x4.splat(0x10000);
  let a = i32x4.splat(0);
  let b = a;
  for (; rows > 0; rows--, x += stride) {
    let at = x;
    let count = columns;
    for (; count >= 4; count -= 4, at += 8) {
      const p = v128.load8x8_s(at);
      a = i32x4.add(a, i32x4.dot_i16x8_s(p, first));
      b = i32x4.add(b, i32x4.dot_i16x8_s(p, second));
    }
    for (; count > 0; count--, at += 2) {
      sum0 += <i32>load<i8>(at);
      sum1 += <i32>load<i8>(at, 1);
    }
  }
  sum0 += horizontal_sum(a);
  sum1 += horizontal_sum(b);
  store<i8>(y, clamp_i32(round_scalar(<f32>sum0 * factor, zy), lo, hi));
  store<i8>(y, clamp_i32(round_scalar(<f32>sum1 * factor, zy), lo, hi), 1);
}

/** y[c] = max_p x[c,p], c = 0, 1 of a plane of int8 pairs; writes 2 int8. */
export function qs8_gmaxpool(rows: i32, columns: i32, stride: usize, x: usize, y: usize): void {
  let most = i8x16.splat(-128);
  for (; rows > 0; rows--, x += stride) {
    let at = x;
    let count = columns;
    for (; count >= 8; count -= 8, at += 16) most = i8x16.max_s(most, v128.load(at));
    for (; count > 0; count--, at += 2) most = i8x16.max_s(most, v128.load16_splat(at));
  }
  most = i8x16.max_s(most, v128.shuffle<i64>(most, most, 1, 0));
  most = i8x16.max_s(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  most = i8x16.max_s(most, v128.shuffle<i16>(most, most, 1, 0, 3, 2, 5, 4, 7, 6));
  v128.store16_lane(y, most, 0);
}

/** y = factor * sum_p x[p] of an f32 plane, factor = 1 / pixels; writes one f32. */
export function f32_gavgpool(rows: i32, columns: i32, stride: usize, x: usize, y: usize, factor: f32): void {
  let sums = f32x4.splat(0);
  for (; rows > 0; rows--, x += stride) {
    let at = x;
    let count = columns;
    for (; count >= 4; count -= 4, at += 16) sums = f32x4.add(sums, v128.load(at));
    for (; count > 0; count--, at += 4) sums = f32x4.add(sums, v128.load32_zero(at));
  }
  const half = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 2, 3, 0, 1));
  store<f32>(y, (f32x4.extract_lane(half, 0) + f32x4.extract_lane(half, 1)) * factor);
}

/** y = max_p x[p] of an f32 plane, a NaN wins; writes one f32. */
export function f32_gmaxpool(rows: i32, columns: i32, stride: usize, x: usize, y: usize): void {
  let most = f32x4.splat(-Infinity);
  for (; rows > 0; rows--, x += stride) {
    let at = x;
    let count = columns;
    for (; count >= 4; count -= 4, at += 16) most = f32x4.max(most, v128.load(at));
    for (; count > 0; count--, at += 4) most = f32x4.max(most, v128.load32_splat(at));
  }
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  store<f32>(y, max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)));
}
