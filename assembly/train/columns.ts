// Passes over a matrix [rows, columns] of f32 that treat each column (a channel) alike.

/** Rows of a block: with 64 columns, two matrices' blocks fill half of a 32 KB cache. */
const BLOCK = 32;

/** sums[c] += sum_r a[r,c], products[c] += sum_r a[r,c] * b[r,c]; both f64, cleared by the caller. */
export function f32_column_sums(
  rows: i32,
  columns: i32,
  a: usize,
  b: usize,
  sums: usize,
  products: usize,
): void {
  const step = (<usize>columns) << 2;
  for (let r = 0; r < rows; r += BLOCK) {
    const count = min(BLOCK, rows - r);
    const at = <usize>r * step;
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const column = at + ((<usize>c) << 2);
      sum4(count, step, a + column, b + column, sums + ((<usize>c) << 3), products + ((<usize>c) << 3));
    }
    for (; c < columns; c++) {
      const column = at + ((<usize>c) << 2);
      sum1(count, step, a + column, b + column, sums + ((<usize>c) << 3), products + ((<usize>c) << 3));
    }
  }
}

function sum4(count: i32, step: usize, a: usize, b: usize, sums: usize, products: usize): void {
  let s0 = v128.load(sums),
    s1 = v128.load(sums, 16);
  let p0 = v128.load(products),
    p1 = v128.load(products, 16);
  for (let r = 0; r < count; r++, a += step, b += step) {
    const x0 = f64x2.promote_low_f32x4(v128.load64_zero(a));
    const x1 = f64x2.promote_low_f32x4(v128.load64_zero(a, 8));
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    p0 = f64x2.add(p0, f64x2.mul(x0, f64x2.promote_low_f32x4(v128.load64_zero(b))));
    p1 = f64x2.add(p1, f64x2.mul(x1, f64x2.promote_low_f32x4(v128.load64_zero(b, 8))));
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(products, p0);
  v128.store(products, p1, 16);
}

function sum1(count: i32, step: usize, a: usize, b: usize, sums: usize, products: usize): void {
  let s = f64.load(sums);
  let p = f64.load(products);
  for (let r = 0; r < count; r++, a += step, b += step) {
    const x = <f64>f32.load(a);
    s += x;
    p += x * <f64>f32.load(b);
  }
  f64.store(sums, s);
  f64.store(products, p);
}

/** out[r,c] = x[r,c] * factor[c] + shift[c]. */
export function f32_scale_columns(
  rows: i32,
  columns: i32,
  x: usize,
  factor: usize,
  shift: usize,
  out: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let c = 0;
    for (; c + 4 <= columns; c += 4, x += 16, out += 16) {
      const at = (<usize>c) << 2;
      v128.store(out, f32x4.add(f32x4.mul(v128.load(x), v128.load(factor + at)), v128.load(shift + at)));
    }
    for (; c < columns; c++, x += 4, out += 4) {
      const at = (<usize>c) << 2;
      f32.store(out, f32.load(x) * f32.load(factor + at) + f32.load(shift + at));
    }
  }
}

/** out[r,c] = a[r,c] * ofA[c] + (b[r,c] * ofB[c] + constant[c]). */
export function f32_combine_columns(
  rows: i32,
  columns: i32,
  a: usize,
  ofA: usize,
  b: usize,
  ofB: usize,
  constant: usize,
  out: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let c = 0;
    for (; c + 4 <= columns; c += 4, a += 16, b += 16, out += 16) {
      const at = (<usize>c) << 2;
      const right = f32x4.add(f32x4.mul(v128.load(b), v128.load(ofB + at)), v128.load(constant + at));
      v128.store(out, f32x4.add(f32x4.mul(v128.load(a), v128.load(ofA + at)), right));
    }
    for (; c < columns; c++, a += 4, b += 4, out += 4) {
      const at = (<usize>c) << 2;
      const right = f32.load(b) * f32.load(ofB + at) + f32.load(constant + at);
      f32.store(out, f32.load(a) * f32.load(ofA + at) + right);
    }
  }
}

/** dx = dy where 0 < x <= limit, else 0: the gradient of relu (limit infinite) and relu6. */
export function f32_relu_grad(count: i32, x: usize, dy: usize, limit: f32, dx: usize): void {
  const zero = f32x4.splat(0);
  const most = f32x4.splat(limit);
  let i = 0;
  for (; i + 4 <= count; i += 4, x += 16, dy += 16, dx += 16) {
    const value = v128.load(x);
    const open = v128.and(f32x4.gt(value, zero), f32x4.le(value, most));
    v128.store(dx, v128.and(v128.load(dy), open));
  }
  for (; i < count; i++, x += 4, dy += 4, dx += 4) {
    const value = f32.load(x);
    f32.store(dx, value > 0 && value <= limit ? f32.load(dy) : 0);
  }
}
