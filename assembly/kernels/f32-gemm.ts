import { multiply_add } from './arithmetic';
import { store_f32 } from './unary';

/** panel[j/8][k][j%8] = b[k,j], 0 where j >= n; bytes from row to row and from column to column of b. */
export function f32_gemm_pack(k: i32, n: i32, b: usize, row: usize, column: usize, panel: usize): void {
  for (let j = 0; j < n; j += 8, b += column << 3) {
    const width = min(8, n - j);
    let at = b;
    for (let i = k; i > 0; i--, at += row, panel += 32) {
      let from = at;
      v128.store(panel, f32x4.splat(0), 16);
      v128.store(panel, f32x4.splat(0));
      for (let c = 0; c < width; c++, from += column) store<u32>(panel + (c << 2), load<u32>(from));
    }
  }
}

/** y[i,j] = sum_k a[i,k] * b[k,j], b in panels; y row-major. Four rows and eight columns at a time; behind the last row it is done again. */
export function f32_gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  row: usize,
  column: usize,
  panel: usize,
  y: usize,
): void {
  const last = a + <usize>(m - 1) * row;
  for (let j = 0; j < n; j += 8, panel += k << 5) {
    let x0 = a;
    for (let i = 0; i < m; i += 4, x0 += row << 2) {
      const r1 = min(x0 + row, last) - x0;
      const r2 = min(x0 + (row << 1), last) - x0;
      const r3 = min(x0 + row * 3, last) - x0;
      let s00 = f32x4.splat(0);
      let s01 = s00;
      let s10 = s00;
      let s11 = s00;
      let s20 = s00;
      let s21 = s00;
      let s30 = s00;
      let s31 = s00;
      let x = x0;
      let b = panel;
      for (let left = k; left > 0; left--, x += column, b += 32) {
        const b0 = v128.load(b);
        const b1 = v128.load(b, 16);
        let w = v128.load32_splat(x);
        s00 = multiply_add(w, b0, s00);
        s01 = multiply_add(w, b1, s01);
        w = v128.load32_splat(x + r1);
        s10 = multiply_add(w, b0, s10);
        s11 = multiply_add(w, b1, s11);
        w = v128.load32_splat(x + r2);
        s20 = multiply_add(w, b0, s20);
        s21 = multiply_add(w, b1, s21);
        w = v128.load32_splat(x + r3);
        s30 = multiply_add(w, b0, s30);
        s31 = multiply_add(w, b1, s31);
      }
      const to = y + ((i * n + j) << 2);
      const across = n << 2;
      store_row(to, s00, s01, n - j);
      if (m - i > 1) store_row(to + across, s10, s11, n - j);
      if (m - i > 2) store_row(to + (across << 1), s20, s21, n - j);
      if (m - i > 3) store_row(to + across * 3, s30, s31, n - j);
    }
  }
}

function store_row(y: usize, a: v128, b: v128, n: i32): void {
  store_f32(y, a, n);
  store_f32(y + 16, b, n - 4);
}
