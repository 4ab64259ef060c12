// The relaxed SIMD build's own kernel: dots of four int8, of which one operand has 7 bits, so that every engine gives the same bits.
import { clamp_i8, narrow, requantize, rounding_base } from './arithmetic';

/** acc + dot(4 pixels of four channels, w); x in 0..127: then no engine's intermediate i16 saturates (2 * 127 * 127 < 2^15). */
function dot4_add(acc: v128, x: v128, w: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, acc);
  return unreachable();
}

function finish(a: v128, b: v128, c: v128, d: v128, m: v128, base: v128, lo: v128, hi: v128): v128 {
  return clamp_i8(
    narrow(requantize(a, m, base), requantize(b, m, base), requantize(c, m, base), requantize(d, m, base)),
    lo,
    hi,
  );
}

/**
 * y[c,p] = clamp(round(m[c] * (bias[c] + sum_k w[c,k] . x[k,p])) + zero), c = 0, 1, k over groups of four input channels of a band of
 * quads (int8, 0..127): program `i32 count | i32 bias[2] | f32 m[2] | count x { i32 offset | i8 w[2][4] }`; `pairs` times, output
 * planes `plane` bytes apart. pixels >= 1, in tiles of 16; reads 4 * (pixels rounded up to 16) bytes at each x + offset, writes half as
 * many at y; returns the end of the last program. Relaxed build only.
 */
export function qs8_spmm_2x4(
  pairs: i32,
  pixels: i32,
  x: usize,
  w: usize,
  y: usize,
  plane: usize,
  zero: i32,
  lo: i32,
  hi: i32,
): usize {
  const base = rounding_base(zero);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  const tiles = ((<usize>pixels + 15) >> 4) << 5;
  for (; pairs > 0; pairs--, y += plane) {
    const list = w + 20;
    const end = list + <usize>load<u32>(w) * 12;
    for (let tile: usize = 0; tile < tiles; tile += 32) {
      const from = x + (tile << 1);
      let a0 = v128.load32_splat(w, 4);
      let b0 = a0;
      let c0 = a0;
      let d0 = a0;
      let a1 = v128.load32_splat(w, 8);
      let b1 = a1;
      let c1 = a1;
      let d1 = a1;
      for (let entry = list; entry < end; entry += 12) {
        const at = from + load<i32>(entry);
        const k0 = v128.load32_splat(entry, 4);
        const k1 = v128.load32_splat(entry, 8);
        const p = v128.load(at);
        a0 = dot4_add(a0, p, k0);
        a1 = dot4_add(a1, p, k1);
        const q = v128.load(at, 16);
        b0 = dot4_add(b0, q, k0);
        b1 = dot4_add(b1, q, k1);
        const r = v128.load(at, 32);
        c0 = dot4_add(c0, r, k0);
        c1 = dot4_add(c1, r, k1);
        const s = v128.load(at, 48);
        d0 = dot4_add(d0, s, k0);
        d1 = dot4_add(d1, s, k1);
      }
      const m0 = v128.load32_splat(w, 12);
      const m1 = v128.load32_splat(w, 16);
      const even = finish(a0, b0, c0, d0, m0, base, lows, highs);
      const odd = finish(a1, b1, c1, d1, m1, base, lows, highs);
      const at = y + tile;
      v128.store(at, v128.shuffle<i8>(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
      v128.store(
        at,
        v128.shuffle<i8>(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
        16,
      );
    }
    w = end;
  }
  return w;
}

/** 16 pixels of ones, and a program of three entries that weigh them with ones: m is 1. */
const trial = memory.data<u32>([
  0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101,
  0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101, 0x1010101, 3, 0, 0, 0x3f800000,
  0x3f800000, 0, 0x1010101, 0x1010101, 0, 0x1010101, 0x1010101, 0, 0x1010101, 0x1010101,
]);
const result = memory.data(32, 16);

/**
 * Whether this engine's compiler gets qs8_spmm_2x4 right: V8's baseline compiler up to 11.8 (Chrome 118) at times keeps a temporary of
 * the relaxed dot in the accumulator's register on x64 (fixed by 12.4, Node 22). Registers, not numbers, make it fail, so one tile tells;
 * with two entries a lost sum would look right.
 */
export function dots_are_right(): bool {
  qs8_spmm_2x4(1, 16, trial, trial + 64, result, 0, 0, -128, 127);
  const twelves = i8x16.splat(12);
  return i8x16.all_true(
    v128.and(i8x16.eq(v128.load(result), twelves), i8x16.eq(v128.load(result, 16), twelves)),
  );
}
