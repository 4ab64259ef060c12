// Sparse matrix times a band of channel pairs, i16. Programs and bands: docs/runtime.md. All kernels here but qs8_spmm_1x1 read, for
// each entry, 4 * (pixels rounded up to a tile) bytes at x + offset, and write half as many at y. The band is widened once, so that an entry costs
// nothing but its dots and adds; int8 would be widened again for each entry (5.3 cycles for 16 pixels of a 2x2 block, not 4.4, on Zen 4).
import { clamp_i8, dot_add, narrow, requantize, rounding_base } from './arithmetic';

/** 16 pixels of two channels -> planes: c0, c1 interleaved. */
function store_pairs(y: usize, c0: v128, c1: v128): void {
  v128.store(y, v128.shuffle<i8>(c0, c1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  v128.store(y, v128.shuffle<i8>(c0, c1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
}

/** 16 accumulated pixels of one channel -> int8. */
function finish(a: v128, b: v128, c: v128, d: v128, m: v128, base: v128, lo: v128, hi: v128): v128 {
  return clamp_i8(
    narrow(requantize(a, m, base), requantize(b, m, base), requantize(c, m, base), requantize(d, m, base)),
    lo,
    hi,
  );
}

/**
 * y[c,p] = clamp(round(m[c] * (bias[c] + sum_k w[c,k] . x[k,p])) + zero), c = 0, 1, each channel with its own list of channel pairs;
 * `pairs` times, output planes `plane` bytes apart. pixels >= 1, in tiles of 16; returns the end of the last program.
 */
export function qs8_spmm_1x2(
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
    const first = w + 24;
    const second = first + <usize>load<u32>(w) * 8;
    const end = second + <usize>load<u32>(w, 4) * 8;
    for (let tile: usize = 0; tile < tiles; tile += 32) {
      const from = x + (tile << 1);
      let a = v128.load32_splat(w, 8);
      let b = a;
      let c = a;
      let d = a;
      for (let entry = first; entry < second; entry += 8) {
        const at = from + load<i32>(entry);
        const k = v128.load32_splat(entry, 4);
        a = dot_add(a, v128.load(at), k);
        b = dot_add(b, v128.load(at, 16), k);
        c = dot_add(c, v128.load(at, 32), k);
        d = dot_add(d, v128.load(at, 48), k);
      }
      const c0 = finish(a, b, c, d, v128.load32_splat(w, 16), base, lows, highs);
      a = v128.load32_splat(w, 12);
      b = a;
      c = a;
      d = a;
      for (let entry = second; entry < end; entry += 8) {
        const at = from + load<i32>(entry);
        const k = v128.load32_splat(entry, 4);
        a = dot_add(a, v128.load(at), k);
        b = dot_add(b, v128.load(at, 16), k);
        c = dot_add(c, v128.load(at, 32), k);
        d = dot_add(d, v128.load(at, 48), k);
      }
      const c1 = finish(a, b, c, d, v128.load32_splat(w, 20), base, lows, highs);
      store_pairs(y + tile, c0, c1);
    }
    w = end;
  }
  return w;
}

/** Pixels 0..3, or 4..7, of two channels, i16 -> their pairs. */
function join_low(p: v128, q: v128): v128 {
  return v128.shuffle<i16>(p, q, 0, 8, 1, 9, 2, 10, 3, 11);
}

function join_high(p: v128, q: v128): v128 {
  return v128.shuffle<i16>(p, q, 4, 12, 5, 13, 6, 14, 7, 15);
}

/**
 * The same for weights without structure: an entry takes any two channels of a band of single ones, `2 * (pixels rounded up to 16)` bytes
 * each, and joins them to pairs: 24 instructions for two weights, where a pair of qs8_spmm_1x2 takes 17 for little more than one.
 */
export function qs8_spmm_1x1(
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
    const first = w + 24;
    const second = first + <usize>load<u32>(w) * 12;
    const end = second + <usize>load<u32>(w, 4) * 12;
    for (let tile: usize = 0; tile < tiles; tile += 32) {
      const from = x + tile;
      let a = v128.load32_splat(w, 8);
      let b = a;
      let c = a;
      let d = a;
      for (let entry = first; entry < second; entry += 12) {
        const i = from + load<i32>(entry);
        const j = from + load<i32>(entry, 4);
        const k = v128.load32_splat(entry, 8);
        const p = v128.load(i);
        const q = v128.load(j);
        a = dot_add(a, join_low(p, q), k);
        b = dot_add(b, join_high(p, q), k);
        const r = v128.load(i, 16);
        const s = v128.load(j, 16);
        c = dot_add(c, join_low(r, s), k);
        d = dot_add(d, join_high(r, s), k);
      }
      const c0 = finish(a, b, c, d, v128.load32_splat(w, 16), base, lows, highs);
      a = v128.load32_splat(w, 12);
      b = a;
      c = a;
      d = a;
      for (let entry = second; entry < end; entry += 12) {
        const i = from + load<i32>(entry);
        const j = from + load<i32>(entry, 4);
        const k = v128.load32_splat(entry, 8);
        const p = v128.load(i);
        const q = v128.load(j);
        a = dot_add(a, join_low(p, q), k);
        b = dot_add(b, join_high(p, q), k);
        const r = v128.load(i, 16);
        const s = v128.load(j, 16);
        c = dot_add(c, join_low(r, s), k);
        d = dot_add(d, join_high(r, s), k);
      }
      const c1 = finish(a, b, c, d, v128.load32_splat(w, 20), base, lows, highs);
      store_pairs(y + tile, c0, c1);
    }
    w = end;
  }
  return w;
}

/** 8 accumulated pixels of two channels -> 16 interleaved int8. */
function finish_half(a0: v128, b0: v128, a1: v128, b1: v128, m: usize, base: v128): v128 {
  const m0 = v128.load32_splat(m);
  const m1 = v128.load32_splat(m, 4);
  const bytes = narrow(
    requantize(a0, m0, base),
    requantize(b0, m0, base),
    requantize(a1, m1, base),
    requantize(b1, m1, base),
  );
  return v128.shuffle<i8>(bytes, bytes, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

/**
 * The same with one list for both channels: four loads feed eight dots. In tiles of 16 and, where at most 8 pixels are left, one of 8:
 * images of 7x7 and 14x14 pixels then waste 14 and 2 % instead of 31 and 6.
 */
export function qs8_spmm_2x2(
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
  const ends = ((<usize>pixels + 7) >> 3) << 4;
  const tiles = ends & ~31;
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
        a0 = dot_add(a0, p, k0);
        a1 = dot_add(a1, p, k1);
        const q = v128.load(at, 16);
        b0 = dot_add(b0, q, k0);
        b1 = dot_add(b1, q, k1);
        const r = v128.load(at, 32);
        c0 = dot_add(c0, r, k0);
        c1 = dot_add(c1, r, k1);
        const s = v128.load(at, 48);
        d0 = dot_add(d0, s, k0);
        d1 = dot_add(d1, s, k1);
      }
      const m0 = v128.load32_splat(w, 12);
      const m1 = v128.load32_splat(w, 16);
      store_pairs(
        y + tile,
        finish(a0, b0, c0, d0, m0, base, lows, highs),
        finish(a1, b1, c1, d1, m1, base, lows, highs),
      );
    }
    if (tiles != ends) {
      const from = x + (tiles << 1);
      let a0 = v128.load32_splat(w, 4);
      let b0 = a0;
      let a1 = v128.load32_splat(w, 8);
      let b1 = a1;
      for (let entry = list; entry < end; entry += 12) {
        const at = from + load<i32>(entry);
        const k0 = v128.load32_splat(entry, 4);
        const k1 = v128.load32_splat(entry, 8);
        const p = v128.load(at);
        a0 = dot_add(a0, p, k0);
        a1 = dot_add(a1, p, k1);
        const q = v128.load(at, 16);
        b0 = dot_add(b0, q, k0);
        b1 = dot_add(b1, q, k1);
      }
      v128.store(y + tiles, clamp_i8(finish_half(a0, b0, a1, b1, w + 12, base), lows, highs));
    }
    w = end;
  }
  return w;
}

/**
 * The same with one list for four channels, so for two output planes: `quads` times, in tiles of 8 pixels. Half as many bytes of the band
 * are read as by qs8_spmm_2x2: 7 % faster on dense layers.
 */
export function qs8_spmm_4x2(
  quads: i32,
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
  const tiles = ((<usize>pixels + 7) >> 3) << 4;
  for (; quads > 0; quads--, y += plane << 1) {
    const list = w + 36;
    const end = list + <usize>load<u32>(w) * 20;
    for (let tile: usize = 0; tile < tiles; tile += 16) {
      const from = x + (tile << 1);
      let a0 = v128.load32_splat(w, 4);
      let b0 = a0;
      let a1 = v128.load32_splat(w, 8);
      let b1 = a1;
      let a2 = v128.load32_splat(w, 12);
      let b2 = a2;
      let a3 = v128.load32_splat(w, 16);
      let b3 = a3;
      for (let entry = list; entry < end; entry += 20) {
        const at = from + load<i32>(entry);
        const p = v128.load(at);
        const q = v128.load(at, 16);
        const k0 = v128.load32_splat(entry, 4);
        a0 = dot_add(a0, p, k0);
        b0 = dot_add(b0, q, k0);
        const k1 = v128.load32_splat(entry, 8);
        a1 = dot_add(a1, p, k1);
        b1 = dot_add(b1, q, k1);
        const k2 = v128.load32_splat(entry, 12);
        a2 = dot_add(a2, p, k2);
        b2 = dot_add(b2, q, k2);
        const k3 = v128.load32_splat(entry, 16);
        a3 = dot_add(a3, p, k3);
        b3 = dot_add(b3, q, k3);
      }
      const y0 = y + tile;
      v128.store(y0, clamp_i8(finish_half(a0, b0, a1, b1, w + 20, base), lows, highs));
      v128.store(y0 + plane, clamp_i8(finish_half(a2, b2, a3, b3, w + 28, base), lows, highs));
    }
    w = end;
  }
  return w;
}
