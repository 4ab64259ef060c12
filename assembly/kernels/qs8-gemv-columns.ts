// Vector times matrix, sixteen outputs a program, a column for each input: inputs at the zero point add nothing and are skipped. Program:
// docs/runtime.md, "qs8_gemv_columns".
import { clamp_i8, dot_add, narrow, requantize, rounding_base } from './arithmetic';

/**
 * Lists the inputs that are not `zero`: u32 offset[k] = 16 i at `offsets`, i16 value[k] = x[i] - zero at `values`, and one of value 0 more
 * where their number is odd. Returns how many pairs there are. Reads whole vectors of x.
 */
export function qs8_nonzero(n: i32, x: usize, zero: i32, offsets: usize, values: usize): i32 {
  const first = offsets;
  const zeros = i8x16.splat(<i8>zero);
  for (let i = 0; i < n; i += 16) {
    let found: u32 = i8x16.bitmask(i8x16.ne(v128.load(x + <usize>i), zeros));
    if (n - i < 16) found &= (1 << (n - i)) - 1;
    for (; found; found &= found - 1, offsets += 4, values += 2) {
      const at = i + ctz(found);
      store<u32>(offsets, at << 4);
      store<i16>(values, <i32>load<i8>(x + <usize>at) - zero);
    }
  }
  store<u32>(offsets, 0);
  store<i16>(values, 0);
  return <i32>((offsets - first + 4) >> 3);
}

/**
 * y[o] = clamp(round(m[o] * (bias[o] + sum_k w[o,k] * (x[k] - zeroPoint))) + zero), o = 0..15, for `n` programs on `count` pairs of
 * `qs8_nonzero`; `bytes` a program. Writes 16 int8 a program. Two columns are one vector of weight pairs after a shuffle: 19 instructions for
 * 32 products, where an entry of qs8_gemv_4x2 takes 6 for 8.
 */
export function qs8_gemv_columns(
  n: i32,
  count: i32,
  offsets: usize,
  values: usize,
  w: usize,
  bytes: usize,
  y: usize,
  zero: i32,
  lo: i32,
  hi: i32,
): void {
  const base = rounding_base(zero);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  const last = values + ((<usize>count) << 2);
  for (; n > 0; n--, y += 16, w += bytes) {
    let a = v128.load(w);
    let b = v128.load(w, 16);
    let c = v128.load(w, 32);
    let d = v128.load(w, 48);
    const columns = w + 128;
    for (let value = values, at = offsets; value < last; value += 4, at += 8) {
      const u = v128.load(columns + <usize>load<u32>(at));
      const v = v128.load(columns + <usize>load<u32>(at, 4));
      const x = v128.load32_splat(value);
      const p = i8x16.shuffle(u, v, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const q = i8x16.shuffle(u, v, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      a = dot_add(a, i16x8.extend_low_i8x16_s(p), x);
      b = dot_add(b, i16x8.extend_high_i8x16_s(p), x);
      c = dot_add(c, i16x8.extend_low_i8x16_s(q), x);
      d = dot_add(d, i16x8.extend_high_i8x16_s(q), x);
    }
    a = requantize(a, v128.load(w, 64), base);
    b = requantize(b, v128.load(w, 80), base);
    c = requantize(c, v128.load(w, 96), base);
    d = requantize(d, v128.load(w, 112), base);
    v128.store(y, clamp_i8(narrow(a, b, c, d), lows, highs));
  }
}
