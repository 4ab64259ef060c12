// Copies between a vector and the pixel of each plane.

/** y[i * to] = x[i * from], count pixels of 2 bytes, steps in pixels; x and y do not overlap. */
export function x16_strided_copy(count: i32, x: usize, from: i32, y: usize, to: i32): void {
  for (; count > 0; count--, x += from << 1, y += to << 1) store<u16>(y, load<u16>(x));
}

/** y[i * to] = x[i * from], count pixels of 4 bytes, steps in pixels; x and y do not overlap. */
export function x32_strided_copy(count: i32, x: usize, from: i32, y: usize, to: i32): void {
  for (; count > 0; count--, x += from << 2, y += to << 2) store<u32>(y, load<u32>(x));
}

/** y[i] = x[i * step], n elements of `size` (1 or 4) bytes, step in bytes; x and y do not overlap. */
export function x_copy(size: i32, n: i32, x: usize, step: i32, y: usize): void {
  // a call of memory.copy costs as much as 16 turns
  if (step == size && n > 16) memory.copy(y, x, n * size);
  else if (size == 4) for (; n > 0; n--, x += step, y += 4) store<u32>(y, load<u32>(x));
  else for (; n > 0; n--, x += step, y++) store<u8>(y, load<u8>(x));
}
