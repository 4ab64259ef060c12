import { clamp_f32, clamp_i8 } from './arithmetic';

/** y[i] = min(max(x[i], lo), hi); n int8 in vectors of 16, reads and writes whole vectors; y may be x. */
export function qs8_vclamp(n: i32, x: usize, y: usize, lo: i32, hi: i32): void {
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  for (; n > 0; n -= 16, x += 16, y += 16) v128.store(y, clamp_i8(v128.load(x), lows, highs));
}

/** y[i] = min(max(x[i], lo), hi), NaN stays; n f32 in vectors of 4, reads and writes whole vectors; y may be x. */
export function f32_vclamp(n: i32, x: usize, y: usize, lo: f32, hi: f32): void {
  const lows = f32x4.splat(lo);
  const highs = f32x4.splat(hi);
  for (; n > 0; n -= 4, x += 16, y += 16) v128.store(y, clamp_f32(v128.load(x), lows, highs));
}
