import { clamp_f32, clamp_i8, narrow, rounding_base } from './arithmetic';

/** What a call of qs8_vadd keeps: a vector each. V8 computes a splat anew in every turn of a loop, with three instructions where a load is one. */
const kept = memory.data(144, 16);

/** 2^23 + u as f32 for four u8: the bits of u below those of 2^23. `x`: u as i16. */
function float_low(x: v128): v128 {
  return v128.shuffle<i16>(x, v128.load(kept, 96), 0, 8, 1, 9, 2, 10, 3, 11);
}

function float_high(x: v128): v128 {
  return v128.shuffle<i16>(x, v128.load(kept, 96), 4, 12, 5, 13, 6, 14, 7, 15);
}

/** fround((2^23 + 128 + x - (2^23 + 128 + z)) * m): the difference is exact. */
function scaled(x: v128, zero: v128, m: v128): v128 {
  return f32x4.mul(f32x4.sub(x, zero), m);
}

/** round(a + b) + zy, in i32. */
function sum(a: v128, b: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.add(a, b), v128.load(kept, 128)), v128.load(kept, 64));
}

/** Bytes of 16 int8 + 128, as i16: the first eight, and the others. */
function wide_low(x: v128): v128 {
  return v128.shuffle<i8>(x, i8x16.splat(0), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function wide_high(x: v128): v128 {
  return v128.shuffle<i8>(x, i8x16.splat(0), 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
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
  v128.store(kept, f32x4.splat(8388736 + <f32>za));
  v128.store(kept, f32x4.splat(8388736 + <f32>zb), 16);
  v128.store(kept, f32x4.splat(ma), 32);
  v128.store(kept, f32x4.splat(mb), 48);
  v128.store(kept, rounding_base(zy), 64);
  v128.store(kept, i8x16.splat(-128), 80);
  v128.store(kept, i16x8.splat(0x4b00), 96);
  v128.store(kept, v128.shuffle<i64>(i8x16.splat(<i8>lo), i8x16.splat(<i8>hi), 0, 2), 112);
  v128.store(kept, f32x4.splat(12582912), 128);
  for (; n > 0; n -= 16, a += 16, b += 16, y += 16) {
    const p = v128.xor(v128.load(a), v128.load(kept, 80));
    const q = v128.xor(v128.load(b), v128.load(kept, 80));
    const za = v128.load(kept);
    const zb = v128.load(kept, 16);
    const ma = v128.load(kept, 32);
    const mb = v128.load(kept, 48);
    const p0 = wide_low(p);
    const q0 = wide_low(q);
    const p1 = wide_high(p);
    const q1 = wide_high(q);
    const bytes = narrow(
      sum(scaled(float_low(p0), za, ma), scaled(float_low(q0), zb, mb)),
      sum(scaled(float_high(p0), za, ma), scaled(float_high(q0), zb, mb)),
      sum(scaled(float_low(p1), za, ma), scaled(float_low(q1), zb, mb)),
      sum(scaled(float_high(p1), za, ma), scaled(float_high(q1), zb, mb)),
    );
    v128.store(y, clamp_i8(bytes, v128.load64_splat(kept, 112), v128.load64_splat(kept, 120)));
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
