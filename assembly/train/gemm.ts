// Matrix products that gradients are made of. All steps are in bytes; every matrix is f32.

/**
 * C[m,n] += sum_{r,p} A[r,p,m] * B[r,p,n]: a product whose left side is read transposed.
 * `aStep`, `bStep` lead from p to p+1 and `aRow`, `bRow` from r to r+1; m and n are contiguous in A, B.
 */
export function f32_gemm_tn(
  rows: i32,
  count: i32,
  m: i32,
  n: i32,
  a: usize,
  aStep: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  bRow: usize,
  c: usize,
  cStep: usize,
): void {
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    const ai = a + ((<usize>i) << 2);
    const ci = c + <usize>i * cStep;
    let j = 0;
    for (; j + 8 <= n; j += 8) {
      const at = (<usize>j) << 2;
      tn_4x8(rows, count, ai, aStep, aRow, b + at, bStep, bRow, ci + at, cStep);
    }
    for (; j < n; j += 4) {
      const at = (<usize>j) << 2;
      tn_4xn(rows, count, min(4, n - j), ai, aStep, aRow, b + at, bStep, bRow, ci + at, cStep);
    }
  }
  for (; i < m; i++) {
    tn_1xn(rows, count, n, a + ((<usize>i) << 2), aStep, aRow, b, bStep, bRow, c + <usize>i * cStep);
  }
}

/**
 * a * b + sum. With relaxed SIMD's fused instruction these kernels measured 1.25 times as fast (54 GFLOP/s for 42), but
 * Node 20 has it only behind a flag of V8.
 */
function madd(a: v128, b: v128, sum: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** Four rows of C by eight columns: eight accumulators, two loads of B and four splats of A a step. */
function tn_4x8(
  rows: i32,
  count: i32,
  a: usize,
  aStep: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  bRow: usize,
  c: usize,
  cStep: usize,
): void {
  let s00 = f32x4.splat(0),
    s01 = s00,
    s10 = s00,
    s11 = s00,
    s20 = s00,
    s21 = s00,
    s30 = s00,
    s31 = s00;
  for (let r = 0; r < rows; r++) {
    let pa = a;
    let pb = b;
    for (let p = 0; p < count; p++) {
      const b0 = v128.load(pb);
      const b1 = v128.load(pb, 16);
      let x = v128.load32_splat(pa);
      s00 = madd(x, b0, s00);
      s01 = madd(x, b1, s01);
      x = v128.load32_splat(pa, 4);
      s10 = madd(x, b0, s10);
      s11 = madd(x, b1, s11);
      x = v128.load32_splat(pa, 8);
      s20 = madd(x, b0, s20);
      s21 = madd(x, b1, s21);
      x = v128.load32_splat(pa, 12);
      s30 = madd(x, b0, s30);
      s31 = madd(x, b1, s31);
      pa += aStep;
      pb += bStep;
    }
    a += aRow;
    b += bRow;
  }
  addTo(c, s00, s01);
  addTo(c + cStep, s10, s11);
  addTo(c + 2 * cStep, s20, s21);
  addTo(c + 3 * cStep, s30, s31);
}

function addTo(c: usize, low: v128, high: v128): void {
  v128.store(c, f32x4.add(v128.load(c), low));
  v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
}

/** Four rows of C by `n` <= 4 columns, a vector along the rows; absent columns repeat the first. */
function tn_4xn(
  rows: i32,
  count: i32,
  n: i32,
  a: usize,
  aStep: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  bRow: usize,
  c: usize,
  cStep: usize,
): void {
  const o1: usize = n > 1 ? 4 : 0;
  const o2: usize = n > 2 ? 8 : 0;
  const o3: usize = n > 3 ? 12 : 0;
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0;
  for (let r = 0; r < rows; r++) {
    let pa = a;
    let pb = b;
    for (let p = 0; p < count; p++) {
      const x = v128.load(pa);
      s0 = madd(x, v128.load32_splat(pb), s0);
      s1 = madd(x, v128.load32_splat(pb + o1), s1);
      s2 = madd(x, v128.load32_splat(pb + o2), s2);
      s3 = madd(x, v128.load32_splat(pb + o3), s3);
      pa += aStep;
      pb += bStep;
    }
    a += aRow;
    b += bRow;
  }
  addColumn(c, cStep, s0);
  if (n > 1) addColumn(c + 4, cStep, s1);
  if (n > 2) addColumn(c + 8, cStep, s2);
  if (n > 3) addColumn(c + 12, cStep, s3);
}

function addColumn(c: usize, cStep: usize, s: v128): void {
  f32.store(c, f32.load(c) + f32x4.extract_lane(s, 0));
  f32.store(c + cStep, f32.load(c + cStep) + f32x4.extract_lane(s, 1));
  f32.store(c + 2 * cStep, f32.load(c + 2 * cStep) + f32x4.extract_lane(s, 2));
  f32.store(c + 3 * cStep, f32.load(c + 3 * cStep) + f32x4.extract_lane(s, 3));
}

/** One row of C, any number of columns. */
function tn_1xn(
  rows: i32,
  count: i32,
  n: i32,
  a: usize,
  aStep: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  bRow: usize,
  c: usize,
): void {
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    let s = f32x4.splat(0);
    for (let r = 0; r < rows; r++) {
      let pa = a + <usize>r * aRow;
      let pb = b + <usize>r * bRow + ((<usize>j) << 2);
      for (let p = 0; p < count; p++, pa += aStep, pb += bStep) {
        s = madd(v128.load32_splat(pa), v128.load(pb), s);
      }
    }
    const at = c + ((<usize>j) << 2);
    v128.store(at, f32x4.add(v128.load(at), s));
  }
  for (; j < n; j++) {
    let s: f32 = 0;
    for (let r = 0; r < rows; r++) {
      let pa = a + <usize>r * aRow;
      let pb = b + <usize>r * bRow + ((<usize>j) << 2);
      for (let p = 0; p < count; p++, pa += aStep, pb += bStep) s += f32.load(pa) * f32.load(pb);
    }
    const at = c + ((<usize>j) << 2);
    f32.store(at, f32.load(at) + s);
  }
}

/**
 * C[p, 0..8] += sum_k A[p,k] * B[k, 0..8] for `count` rows p. B is a panel, rows of 8 floats. Rows of C may overlap
 * (a convolution's windows do): they are added one after the other.
 */
export function f32_gemm_panel(
  count: i32,
  k: i32,
  a: usize,
  aStep: usize,
  b: usize,
  c: usize,
  cStep: usize,
): void {
  let p = 0;
  for (; p + 4 <= count; p += 4) {
    panel_4x8(k, a, aStep, b, c, cStep);
    a += 4 * aStep;
    c += 4 * cStep;
  }
  for (; p < count; p++) {
    panel_1x8(k, a, b, c);
    a += aStep;
    c += cStep;
  }
}

function panel_4x8(k: i32, a: usize, aStep: usize, b: usize, c: usize, cStep: usize): void {
  let s00 = f32x4.splat(0),
    s01 = s00,
    s10 = s00,
    s11 = s00,
    s20 = s00,
    s21 = s00,
    s30 = s00,
    s31 = s00;
  let a1 = a + aStep;
  let a2 = a1 + aStep;
  let a3 = a2 + aStep;
  const end = a + ((<usize>k) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = madd(x, b0, s00);
    s01 = madd(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = madd(x, b0, s10);
    s11 = madd(x, b1, s11);
    x = v128.load32_splat(a2);
    s20 = madd(x, b0, s20);
    s21 = madd(x, b1, s21);
    x = v128.load32_splat(a3);
    s30 = madd(x, b0, s30);
    s31 = madd(x, b1, s31);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += 32;
  }
  addTo(c, s00, s01);
  addTo(c + cStep, s10, s11);
  addTo(c + 2 * cStep, s20, s21);
  addTo(c + 3 * cStep, s30, s31);
}

function panel_1x8(k: i32, a: usize, b: usize, c: usize): void {
  let s0 = f32x4.splat(0),
    s1 = s0;
  for (let i = 0; i < k; i++, a += 4, b += 32) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(b), s0);
    s1 = madd(x, v128.load(b, 16), s1);
  }
  addTo(c, s0, s1);
}
