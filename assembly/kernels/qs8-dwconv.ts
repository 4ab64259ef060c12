import { clamp_i8, dot_add, narrow, requantize, rounding_base } from './arithmetic';

/** 8 accumulated pixels of a channel pair, lanes c0 c1 c0 c1, -> int8. */
function finish(a: v128, b: v128, c: v128, d: v128, m: v128, base: v128, lo: v128, hi: v128): v128 {
  return clamp_i8(
    narrow(requantize(a, m, base), requantize(b, m, base), requantize(c, m, base), requantize(d, m, base)),
    lo,
    hi,
  );
}

/**
 * Channel pairs from a band of zipped rows, each with a program, two output rows at a time: y_r[c,p] = clamp(round(m[c] * (bias[c] + sum over entries and
 * both halves of the zip of w_r[c] * x[c, p + offset])) + zero), r = 0, 1. `pixels` >= 1 a row, in tiles of 8: reads 8 * (pixels
 * rounded up to 8) bytes at each x + offset, and x moves on by `step` bytes for the next two rows; writes 2 * as many at y and
 * y + row_bytes, or at `beyond` for a last row that is alone. Tiles run from last to first, so that what the last writes past its row is
 * overwritten. `planes` bands are x_plane bytes apart,
 * output planes y_plane. Returns the end of the last program. Two rows share each load: alone, a row would be bound by loads (two a cycle on Zen 4).
 */
export function qs8_dwconv(
  planes: i32,
  rows: i32,
  pixels: i32,
  x: usize,
  x_plane: usize,
  step: usize,
  w: usize,
  y: usize,
  y_plane: usize,
  row_bytes: usize,
  beyond: usize,
  zero: i32,
  lo: i32,
  hi: i32,
): usize {
  const base = rounding_base(zero);
  const lows = i8x16.splat(<i8>lo);
  const highs = i8x16.splat(<i8>hi);
  const tiles = ((<usize>pixels + 7) >> 3) << 4;
  for (; planes > 0; planes--, x += x_plane, y += y_plane) {
    const list = w + 20;
    const end = list + <usize>load<u32>(w) * 20;
    const bias = v128.load64_splat(w, 4);
    let band = x;
    let to = y;
    for (let left = rows; left > 0; left -= 2, band += step, to += row_bytes << 1) {
      const z = left > 1 ? to + row_bytes : beyond;
      for (let tile = tiles; tile > 0;) {
        tile -= 16;
        const from = band + (tile << 2);
        let a = bias;
        let b = bias;
        let c = bias;
        let d = bias;
        let e = bias;
        let f = bias;
        let g = bias;
        let h = bias;
        for (let entry = list; entry < end; entry += 20) {
          const at = from + load<i32>(entry);
          const k0 = v128.load64_splat(entry, 4);
          const k1 = v128.load64_splat(entry, 12);
          const p = v128.load(at);
          a = dot_add(a, p, k0);
          e = dot_add(e, p, k1);
          const q = v128.load(at, 16);
          b = dot_add(b, q, k0);
          f = dot_add(f, q, k1);
          const r = v128.load(at, 32);
          c = dot_add(c, r, k0);
          g = dot_add(g, r, k1);
          const s = v128.load(at, 48);
          d = dot_add(d, s, k0);
          h = dot_add(h, s, k1);
        }
        const m = v128.load64_splat(w, 12);
        v128.store(to + tile, finish(a, b, c, d, m, base, lows, highs));
        v128.store(z + tile, finish(e, f, g, h, m, base, lows, highs));
      }
    }
    w = end;
  }
  return w;
}
