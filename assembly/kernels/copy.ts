// Copies between a vector and the pixel of each plane.

/** y[i * to] = x[i * from], count pixels of 2 bytes, steps in pixels; x and y do not overlap. */
export function x16_strided_copy(count: i32, x: usize, from: i32, y: usize, to: i32): void {
  for (; count > 0; count--, x += from << 1, y += to << 1) store<u16>(y, load<u16>(x));
}

/** y[i * to] = x[i * from], count pixels of 4 bytes, steps in pixels; x and y do not overlap. */
export function x32_strided_copy(count: i32, x: usize, from: i32, y: usize, to: i32): void {
  for (; count > 0; count--, x += from << 2, y += to << 2) store<u32>(y, load<u32>(x));
}
