import { clamp_i8, dot_add, narrow, requantize, rounding_base } from './arithmetic';

/** acc + two taps of 4 channel pairs: lanes c0, c1 of two pixels; `low` and `high` halves of the interleaved taps. */
function taps_low(acc: v128, p: v128, q: v128, w: v128): v128 {
  return dot_add(acc, v128.shuffle<i16>(p, q, 0, 8, 1, 9, 2, 10, 3, 11), w);
}

function taps_high(acc: v128, p: v128, q: v128, w: v128): v128 {
  return dot_add(acc, v128.shuffle<i16>(p, q, 4, 12, 5, 13, 6, 14, 7, 15), w);
}

/**
 * y[c,p] = clamp(round(m[c] * (bias[c] + sum_t w[c,t] * x[c,p + offset[t]])) + zero), c = 0, 1; taps two by two:
 * interleaved, one dot adds both taps of both channels of two pixels. pixels >= 1, in tiles of 16; reads
 * 2 * (pixels rounded up to 16) bytes at each x + offset and writes as many; returns the end of the program.
 */
export function qs8_dwconv(pixels: i32, x: usize, w: usize, y: usize, zero: i32, lo: i32, hi: i32): usize {
  const list = w + 20;
  const end = list + ((<usize>load<u32>(w)) << 4);
  const bias = v128.load64_splat(w, 4);
  const m = v128.load64_splat(w, 12);
  const base = rounding_base(zero);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  for (; pixels > 0; pixels -= 16, x += 32, y += 32) {
    let a = bias;
    let b = bias;
    let c = bias;
    let d = bias;
    let e = bias;
    let f = bias;
    let g = bias;
    let h = bias;
    for (let entry = list; entry < end; entry += 16) {
      const first = x + load<i32>(entry);
      const second = x + load<i32>(entry, 4);
      const k = v128.load64_splat(entry, 8);
      const p0 = v128.load8x8_s(first);
      const q0 = v128.load8x8_s(second);
      a = taps_low(a, p0, q0, k);
      b = taps_high(b, p0, q0, k);
      const p1 = v128.load8x8_s(first, 8);
      const q1 = v128.load8x8_s(second, 8);
      c = taps_low(c, p1, q1, k);
      d = taps_high(d, p1, q1, k);
      const p2 = v128.load8x8_s(first, 16);
      const q2 = v128.load8x8_s(second, 16);
      e = taps_low(e, p2, q2, k);
      f = taps_high(f, p2, q2, k);
      const p3 = v128.load8x8_s(first, 24);
      const q3 = v128.load8x8_s(second, 24);
      g = taps_low(g, p3, q3, k);
      h = taps_high(h, p3, q3, k);
    }
    const left = narrow(
      requantize(a, m, base),
      requantize(b, m, base),
      requantize(c, m, base),
      requantize(d, m, base),
    );
    const right = narrow(
      requantize(e, m, base),
      requantize(f, m, base),
      requantize(g, m, base),
      requantize(h, m, base),
    );
    v128.store(y, clamp_i8(left, lows, highs));
    v128.store(y, clamp_i8(right, lows, highs), 16);
  }
  return end;
}
