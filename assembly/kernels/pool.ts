// Pools over a window of one plane: output pixel p reads input pixel p + offset(tap), offsets in bytes.
import { clamp_i8, narrow, requantize, rounding_base } from './arithmetic';

/**
 * y[p] = max_t x[p + offset[t]] of a plane of int8 pairs. taps >= 1; pixels in tiles of 16, reads
 * 2 * (pixels rounded up to 16) bytes at each x + offset and writes as many.
 */
export function qs8_maxpool(pixels: i32, x: usize, taps: i32, offsets: usize, y: usize): void {
  const end = offsets + ((<usize>taps) << 2);
  for (; pixels > 0; pixels -= 16, x += 32, y += 32) {
    let a = i8x16.splat(-128);
    let b = a;
    for (let tap = offsets; tap < end; tap += 4) {
      const at = x + load<i32>(tap);
      a = i8x16.max_s(a, v128.load(at));
      b = i8x16.max_s(b, v128.load(at, 16));
    }
    v128.store(y, a);
    v128.store(y, b, 16);
  }
}

/**
 * y[p] = max_t x[p + offset[t]] of an f32 plane; a NaN in the window wins (so f32x4.max, long on x64, not pmax).
 * taps >= 1; pixels in tiles of 16, reads 4 * (pixels rounded up to 16) bytes at each x + offset, writes as many.
 */
export function f32_maxpool(pixels: i32, x: usize, taps: i32, offsets: usize, y: usize): void {
  const end = offsets + ((<usize>taps) << 2);
  for (; pixels > 0; pixels -= 16, x += 64, y += 64) {
    let a = f32x4.splat(-Infinity);
    let b = a;
    let c = a;
    let d = a;
    for (let tap = offsets; tap < end; tap += 4) {
      const at = x + load<i32>(tap);
      a = f32x4.max(a, v128.load(at));
      b = f32x4.max(b, v128.load(at, 16));
      c = f32x4.max(c, v128.load(at, 32));
      d = f32x4.max(d, v128.load(at, 48));
    }
    v128.store(y, a);
    v128.store(y, b, 16);
    v128.store(y, c, 32);
    v128.store(y, d, 48);
  }
}

/** acc + four of eight i16, in i32. */
function add_low(acc: v128, x: v128): v128 {
  return i32x4.add(acc, i32x4.extend_low_i16x8_s(x));
}

function add_high(acc: v128, x: v128): v128 {
  return i32x4.add(acc, i32x4.extend_high_i16x8_s(x));
}

/**
 * y[p] = clamp(round(scale[p] * sum_t (x[p + offset[t]] - zx)) + zy) of a plane of int8 pairs; scale: one f32 a pixel,
 * factor / pixels of its window inside the image; taps outside must read zx, so that they add nothing.
 * Pixels in tiles of 16: reads 2 * (pixels rounded up to 16) bytes at each x + offset and twice as many of scale,
 * writes as many as of x.
 */
export function qs8_avgpool(
  pixels: i32,
  x: usize,
  taps: i32,
  offsets: usize,
  y: usize,
  scale: usize,
  zx: i32,
  zy: i32,
  lo: i32,
  hi: i32,
): void {
  const end = offsets + ((<usize>taps) << 2);
  const bias = i32x4.splat(-taps * zx);
  const base = rounding_base(zy);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  for (pixels = (pixels + 15) & ~15; pixels > 0; pixels -= 8, x += 16, y += 16, scale += 32) {
    let a = bias;
    let b = bias;
    let c = bias;
    let d = bias;
    for (let tap = offsets; tap < end; tap += 4) {
      const at = x + load<i32>(tap);
      const p = v128.load8x8_s(at);
      a = add_low(a, p);
      b = add_high(b, p);
      const q = v128.load8x8_s(at, 8);
      c = add_low(c, q);
      d = add_high(d, q);
    }
    const s = v128.load(scale);
    const t = v128.load(scale, 16);
    const v = narrow(
      requantize(a, v128.shuffle<i32>(s, s, 0, 0, 1, 1), base),
      requantize(b, v128.shuffle<i32>(s, s, 2, 2, 3, 3), base),
      requantize(c, v128.shuffle<i32>(t, t, 0, 0, 1, 1), base),
      requantize(d, v128.shuffle<i32>(t, t, 2, 2, 3, 3), base),
    );
    v128.store(y, clamp_i8(v, lows, highs));
  }
}

/**
 * y[p] = scale[p] * sum_t x[p + offset[t]] of an f32 plane; scale: one f32 a pixel, 1 / pixels of its window inside the
 * image; taps outside must read 0. Pixels in tiles of 16: reads 4 * (pixels rounded up to 16) bytes at each x + offset and
 * of scale, writes as many.
 */
export function f32_avgpool(pixels: i32, x: usize, taps: i32, offsets: usize, y: usize, scale: usize): void {
  const end = offsets + ((<usize>taps) << 2);
  for (; pixels > 0; pixels -= 16, x += 64, y += 64, scale += 64) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let tap = offsets; tap < end; tap += 4) {
      const at = x + load<i32>(tap);
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at, 16));
      c = f32x4.add(c, v128.load(at, 32));
      d = f32x4.add(d, v128.load(at, 48));
    }
    v128.store(y, f32x4.mul(a, v128.load(scale)));
    v128.store(y, f32x4.mul(b, v128.load(scale, 16)), 16);
    v128.store(y, f32x4.mul(c, v128.load(scale, 32)), 32);
    v128.store(y, f32x4.mul(d, v128.load(scale, 48)), 48);
  }
}
