// Row-major, channels-last tensors [rows][columns][channels] <-> planes (docs/runtime.md "Layout"). Strides in bytes;
// all read and write exactly the named pixels. Odd channels: the last pair's second half is written as 0.

/** count pixels of one channel -> pairs (x, 0). */
function widen_pairs(count: i32, x: usize, y: usize): void {
  const zero = i8x16.splat(0);
  for (; count >= 16; count -= 16, x += 16, y += 32) {
    const p = v128.load(x);
    v128.store(y, v128.shuffle<i8>(p, zero, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    v128.store(
      y,
      v128.shuffle<i8>(p, zero, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
      16,
    );
  }
  for (; count > 0; count--, x++, y += 2) store<u16>(y, load<u8>(x));
}

/** count pixels of three channels -> pairs c0 c1 at y and c2 0 at z. */
function split_triples(count: i32, x: usize, y: usize, z: usize): void {
  const low = i16x8.splat(255);
  // 8 pixels are 24 of the 32 bytes that are read
  for (; count >= 11; count -= 8, x += 24, y += 16, z += 16) {
    const p = v128.load(x);
    const q = v128.load(x, 16);
    v128.store(y, v128.shuffle<i8>(p, q, 0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22));
    const third = v128.shuffle<i8>(p, q, 2, 2, 5, 5, 8, 8, 11, 11, 14, 14, 17, 17, 20, 20, 23, 23);
    v128.store(z, v128.and(third, low));
  }
  for (; count > 0; count--, x += 3, y += 2, z += 2) {
    store<u16>(y, load<u16>(x));
    store<u16>(z, load<u8>(x, 2));
  }
}

/** y[c/2][r][q][c%2] = x[r][q][c], int8. */
export function x8_nhwc_to_pairs(
  rows: i32,
  columns: i32,
  channels: i32,
  x: usize,
  y: usize,
  row_stride: usize,
  plane_stride: usize,
): void {
  const pixel = <usize>channels;
  if (channels == 3) {
    for (; rows > 0; rows--, x += 3 * columns, y += row_stride)
      split_triples(columns, x, y, y + plane_stride);
    return;
  }
  for (let c = 0; c < channels; c += 2, y += plane_stride) {
    let from = x + c;
    let row = y;
    for (let r = 0; r < rows; r++, row += row_stride) {
      if (channels <= 2) {
        if (channels == 1) widen_pairs(columns, from, row);
        else memory.copy(row, from, (<usize>columns) << 1);
        from += pixel * columns;
      } else if (c + 1 < channels) {
        for (let q = 0, at = row; q < columns; q++, from += pixel, at += 2) store<u16>(at, load<u16>(from));
      } else {
        for (let q = 0, at = row; q < columns; q++, from += pixel, at += 2) store<u16>(at, load<u8>(from));
      }
    }
  }
}

/** y[r][q][c] = x[c/2][r][q][c%2], int8. */
export function x8_pairs_to_nhwc(
  rows: i32,
  columns: i32,
  channels: i32,
  x: usize,
  y: usize,
  row_stride: usize,
  plane_stride: usize,
): void {
  const pixel = <usize>channels;
  for (let c = 0; c < channels; c += 2, x += plane_stride) {
    let to = y + c;
    let row = x;
    for (let r = 0; r < rows; r++, row += row_stride) {
      if (c + 1 < channels) {
        for (let q = 0, at = row; q < columns; q++, to += pixel, at += 2) store<u16>(to, load<u16>(at));
      } else {
        for (let q = 0, at = row; q < columns; q++, to += pixel, at += 2) store<u8>(to, load<u8>(at));
      }
    }
  }
}

/** y[c][r][q] = x[r][q][c], f32. */
export function x32_nhwc_to_planes(
  rows: i32,
  columns: i32,
  channels: i32,
  x: usize,
  y: usize,
  row_stride: usize,
  plane_stride: usize,
): void {
  const pixel = (<usize>channels) << 2;
  for (let c = 0; c < channels; c++, y += plane_stride) {
    let from = x + (c << 2);
    let row = y;
    for (let r = 0; r < rows; r++, row += row_stride) {
      if (channels == 1) {
        memory.copy(row, from, (<usize>columns) << 2);
        from += (<usize>columns) << 2;
      } else {
        for (let q = 0, at = row; q < columns; q++, from += pixel, at += 4) store<u32>(at, load<u32>(from));
      }
    }
  }
}

/** y[r][q][c] = x[c][r][q], f32. */
export function x32_planes_to_nhwc(
  rows: i32,
  columns: i32,
  channels: i32,
  x: usize,
  y: usize,
  row_stride: usize,
  plane_stride: usize,
): void {
  const pixel = (<usize>channels) << 2;
  for (let c = 0; c < channels; c++, x += plane_stride) {
    let to = y + (c << 2);
    let row = x;
    for (let r = 0; r < rows; r++, row += row_stride) {
      if (channels == 1) {
        memory.copy(to, row, (<usize>columns) << 2);
        to += (<usize>columns) << 2;
      } else {
        for (let q = 0, at = row; q < columns; q++, to += pixel, at += 4) store<u32>(to, load<u32>(at));
      }
    }
  }
}
