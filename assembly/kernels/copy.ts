// Copies that make phase planes, and fills that restore padding. All read and write exactly the named pixels.

/** Pixels 0, 2, .. 14 of 2 bytes; reads none after the last. */
function even_16(x: usize, y: usize): void {
  v128.store(y, v128.shuffle<i16>(v128.load(x), v128.load(x, 14), 0, 2, 4, 6, 9, 11, 13, 15));
}

/** Pixels 0, 2, 4, 6 of 4 bytes; reads none after the last. */
function even_32(x: usize, y: usize): void {
  v128.store(y, v128.shuffle<i32>(v128.load(x), v128.load(x, 12), 0, 2, 5, 7));
}

/** y[i] = x[i * step], count pixels of 2 bytes, step in pixels; x and y do not overlap. */
export function x16_strided_copy(count: i32, x: usize, step: i32, y: usize): void {
  if (step == 1) {
    memory.copy(y, x, (<usize>count) << 1);
    return;
  }
  if (step == 2 && count >= 8) {
    for (; count > 8; count -= 8, x += 32, y += 16) even_16(x, y);
    // the last eight overlap what is there already: no pixel is copied alone
    even_16(x + ((count - 8) << 2), y + ((count - 8) << 1));
    return;
  }
  const stride = (<usize>step) << 1;
  for (; count > 0; count--, x += stride, y += 2) store<u16>(y, load<u16>(x));
}

/** y[i] = x[i * step], count pixels of 4 bytes, step in pixels; x and y do not overlap. */
export function x32_strided_copy(count: i32, x: usize, step: i32, y: usize): void {
  if (step == 1) {
    memory.copy(y, x, (<usize>count) << 2);
    return;
  }
  if (step == 2 && count >= 4) {
    for (; count > 4; count -= 4, x += 32, y += 16) even_32(x, y);
    even_32(x + ((count - 4) << 3), y + ((count - 4) << 2));
    return;
  }
  const stride = (<usize>step) << 2;
  for (; count > 0; count--, x += stride, y += 4) store<u32>(y, load<u32>(x));
}

/** y[i] = the low 16 bits of value, count pixels of 2 bytes. */
export function x16_fill(count: i32, y: usize, value: i32): void {
  const values = i16x8.splat(<i16>value);
  for (; count >= 8; count -= 8, y += 16) v128.store(y, values);
  for (; count > 0; count--, y += 2) store<u16>(y, value);
}

/** y[i] = value, count pixels of 4 bytes. */
export function x32_fill(count: i32, y: usize, value: i32): void {
  const values = i32x4.splat(value);
  for (; count >= 4; count -= 4, y += 16) v128.store(y, values);
  for (; count > 0; count--, y += 4) store<u32>(y, value);
}
