// Bands (docs/runtime.md): what taps see of a plane, rows with the padding they need.

/** How a band holds pixels. */
export const enum Pixels {
  /** int8 pairs as they are: pools. */
  PAIRS,
  FLOATS,
  /** int8 pairs as i16: what qs8_spmm reads. */
  WIDE,
  /** int8 pairs of two rows as i16, c0 of both, c1 of both: what qs8_dwconv reads. */
  ZIPPED,
  /** int8 quads, the pairs of two planes: what qs8_spmm_2x4 reads. */
  QUADS,
  /** One of a pair's channels as i16: what qs8_spmm_1x1 reads. */
  SINGLE,
}

/** Eight pixels of 2 bytes, 1 or 2 apart. */
function load_pairs(x: usize, step: i32): v128 {
  if (step == 1) return v128.load(x);
  return v128.shuffle<i16>(v128.load(x), v128.load(x, 16), 0, 2, 4, 6, 8, 10, 12, 14);
}

/** Four pixels of 4 bytes, 1 or 2 apart. */
function load_floats(x: usize, step: i32): v128 {
  if (step == 1) return v128.load(x);
  return v128.shuffle<i32>(v128.load(x), v128.load(x, 16), 0, 2, 4, 6);
}

/** `bytes` bytes of a repeated i32, in whole vectors. */
function fill_row(bytes: i32, y: usize, fill: i32): void {
  const values = i32x4.splat(fill);
  for (; bytes > 0; bytes -= 16, y += 16) v128.store(y, values);
}

function copy_pairs(x: usize, step: i32, y: usize, end: usize): void {
  for (; y < end; x += step << 4, y += 16) v128.store(y, load_pairs(x, step));
}

function copy_floats(x: usize, step: i32, y: usize, end: usize): void {
  for (; y < end; x += step << 4, y += 16) v128.store(y, load_floats(x, step));
}

function widen(x: usize, step: i32, y: usize, end: usize): void {
  for (; y < end; x += step << 4, y += 32) {
    const p = load_pairs(x, step);
    v128.store(y, i16x8.extend_low_i8x16_s(p));
    v128.store(y, i16x8.extend_high_i8x16_s(p), 16);
  }
}

/** Channel `second` (0 or 1) of pairs. */
function split(x: usize, step: i32, second: usize, y: usize, end: usize): void {
  const up = second ? 0 : 8;
  for (; y < end; x += step << 4, y += 16) {
    v128.store(y, i16x8.shr_s(i16x8.shl(load_pairs(x, step), up), 8));
  }
}

function zip(a: usize, b: usize, step: i32, y: usize, end: usize): void {
  for (; y < end; a += step << 4, b += step << 4, y += 64) {
    const p = load_pairs(a, step);
    const q = load_pairs(b, step);
    const low = v128.shuffle<i8>(p, q, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high = v128.shuffle<i8>(p, q, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(y, i16x8.extend_low_i8x16_s(low));
    v128.store(y, i16x8.extend_high_i8x16_s(low), 16);
    v128.store(y, i16x8.extend_low_i8x16_s(high), 32);
    v128.store(y, i16x8.extend_high_i8x16_s(high), 48);
  }
}

function join(a: usize, b: usize, step: i32, y: usize, end: usize): void {
  for (; y < end; a += step << 4, b += step << 4, y += 32) {
    const p = load_pairs(a, step);
    const q = load_pairs(b, step);
    v128.store(y, v128.shuffle<i16>(p, q, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(y, v128.shuffle<i16>(p, q, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
}

/** Pixels further apart, which are rare, one by one. */
function copy_apart(pixels: Pixels, a: usize, b: usize, step: usize, y: usize, end: usize): void {
  while (y < end) {
    if (LOPPER_FULL && pixels == Pixels.FLOATS) {
      store<u32>(y, load<u32>(a));
      a += step << 2;
      y += 4;
      continue;
    }
    if (pixels == Pixels.PAIRS) {
      store<u16>(y, load<u16>(a));
      y += 2;
    } else if (ASC_FEATURE_RELAXED_SIMD && pixels == Pixels.QUADS) {
      store<u16>(y, load<u16>(a));
      store<u16>(y, load<u16>(b), 2);
      y += 4;
    } else if (pixels == Pixels.SINGLE) {
      store<i16>(y, load<i8>(b));
      y += 2;
    } else if (pixels == Pixels.WIDE) {
      store<i16>(y, load<i8>(a));
      store<i16>(y, load<i8>(a, 1), 2);
      y += 4;
    } else {
      store<i16>(y, load<i8>(a));
      store<i16>(y, load<i8>(b), 2);
      store<i16>(y, load<i8>(a, 1), 4);
      store<i16>(y, load<i8>(b, 1), 6);
      y += 8;
    }
    a += step << 1;
    b += step << 1;
  }
}

/**
 * `planes` planes of a band, y_plane bytes apart from y on, of planes x_plane apart. Each is `n` rows of `left` pixels of fill, then
 * x[0], x[step], ... (`count` pixels) of row `row`, `row` + row_step, ..., then `right` pixels of fill; rows outside 0..rows-1 are fill; and
 * behind the last row `left` pixels of fill, which taps at its end see as the left side of a next one. x is the first pixel that is wanted
 * of row 0 of the first plane, rows are `row_bytes` apart. ZIPPED: with each row the one after it, and `other`, `count` pixels of fill,
 * stands for rows outside. QUADS: `other` is how many bytes behind the plane the second one lies. SINGLE: `planes` channels, two of
 * each plane; `other` says which is the first.
 * Whole vectors: reads up to 32 bytes past a row's last pixel, writes up to 64 past a row, which what comes next overwrites.
 */
export function x_band(
  pixels: Pixels,
  planes: i32,
  x: usize,
  x_plane: usize,
  y: usize,
  y_plane: usize,
  n: i32,
  count: i32,
  left: i32,
  right: i32,
  row_bytes: usize,
  row: i32,
  row_step: i32,
  rows: i32,
  step: i32,
  fill: i32,
  other: usize,
): void {
  const shift: i32 = pixels == Pixels.PAIRS || pixels == Pixels.SINGLE ? 1 : pixels == Pixels.ZIPPED ? 3 : 2;
  const row_end = (left + count + right) << shift;
  const quads = ASC_FEATURE_RELAXED_SIMD && pixels == Pixels.QUADS;
  for (; planes > 0; planes--, y += y_plane) {
    let to = y;
    let from = row;
    for (let i = n; i > 0; i--, from += row_step, to += row_end) {
      const inside = <u32>from < <u32>rows;
      if (!inside && pixels != Pixels.ZIPPED) {
        fill_row(row_end, to, fill);
        continue;
      }
      fill_row(left << shift, to, fill);
      const start = to + (left << shift);
      const end = start + (count << shift);
      const at = x + from * row_bytes;
      const above = inside ? at : other;
      const next = <u32>(from + 1) < <u32>rows ? at + row_bytes : other;
      const below = quads || pixels == Pixels.SINGLE ? at + other : next;
      if (LOPPER_FULL && step > 2) copy_apart(pixels, above, below, step, start, end);
      else if (pixels == Pixels.WIDE) widen(at, step, start, end);
      else if (pixels == Pixels.SINGLE) split(at, step, other, start, end);
      else if (pixels == Pixels.ZIPPED) zip(above, below, step, start, end);
      else if (quads) join(at, below, step, start, end);
      else if (LOPPER_FULL && pixels == Pixels.FLOATS) copy_floats(at, step, start, end);
      else copy_pairs(at, step, start, end);
      fill_row(right << shift, end, fill);
    }
    fill_row(left << shift, to, fill);
    if (pixels == Pixels.SINGLE) {
      x += other * x_plane;
      other ^= 1;
    } else x += x_plane;
  }
}
