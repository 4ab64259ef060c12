// f32 along rows: interpolation, reduction, norm, products with a vector. All write exactly what they name.
import { Op } from '../ops/names';
import { multiply_add } from './arithmetic';
import { splat } from './functions';
import { store_f32 } from './unary';

/** y[i] = a[i] * (1 - f) + b[i] * f, each product and the sum rounded to f32. */
export function f32_vlerp(n: i32, a: usize, b: usize, y: usize, f: f32): void {
  const upper = splat(f);
  const lower = splat(1 - f);
  for (; n > 0; n -= 4, a += 16, b += 16, y += 16)
    store_f32(y, f32x4.add(f32x4.mul(v128.load(a), lower), f32x4.mul(v128.load(b), upper)), n);
}

/** y[i] = f over k of x[k * inner + i], i < inner: REDUCE_SUM, MEAN, PROD, MAX, MIN. */
export function f32_reduce(f: i32, n: i32, inner: i32, x: usize, y: usize): void {
  for (let left = inner; left > 0; left -= 4, x += 16, y += 16) {
    let sum = v128.load(x);
    let at = x;
    for (let k = n - 1; k > 0; k--) {
      const v = v128.load((at += inner << 2));
      if (f <= Op.REDUCE_MEAN) sum = f32x4.add(sum, v);
      else if (f == Op.REDUCE_PROD) sum = f32x4.mul(sum, v);
      else if (f == Op.REDUCE_MAX) sum = f32x4.pmax(sum, v);
      else sum = f32x4.pmin(sum, v);
    }
    if (f == Op.REDUCE_MEAN) sum = f32x4.div(sum, f32x4.splat(<f32>n));
    store_f32(y, sum, left);
  }
}

/** y[i] = the first k for which sign * x[k * inner + i] is greatest. */
export function f32_arg(sign: f32, n: i32, inner: i32, x: usize, y: usize): void {
  const step = inner << 2;
  for (; inner > 0; inner--, x += 4, y += 4) {
    let best: i32 = 0;
    let most = sign * load<f32>(x);
    let at = x;
    for (let k = 1; k < n; k++) {
      const v = sign * load<f32>((at += step));
      if (v > most) {
        most = v;
        best = k;
      }
    }
    store<f32>(y, <f32>best);
  }
}

/** y[i] = (x[i] - mean) / sqrt(variance + epsilon) * gamma[i] + beta[i]; gamma and beta may be 0: absent. */
export function f32_layer_norm(n: i32, x: usize, y: usize, gamma: usize, beta: usize, epsilon: f32): void {
  const bytes = n << 2;
  let sum: f64 = 0;
  for (let i = 0; i < bytes; i += 4) sum += <f64>load<f32>(x + i);
  const mean = sum / <f64>n;
  sum = 0;
  for (let i = 0; i < bytes; i += 4) {
    const d = <f64>load<f32>(x + i) - mean;
    sum += d * d;
  }
  const factor = 1 / sqrt(sum / <f64>n + <f64>epsilon);
  for (let i = 0; i < bytes; i += 4) {
    let v = (<f64>load<f32>(x + i) - mean) * factor;
    if (gamma) v *= <f64>load<f32>(gamma + i);
    if (beta) v += <f64>load<f32>(beta + i);
    store<f32>(y + i, <f32>v);
  }
}

/** y[r] = bias[r] + sum_k w[r,k] * x[k], w row-major [rows, n]; bias may be 0: absent. */
export function f32_affine(rows: i32, n: i32, w: usize, x: usize, bias: usize, y: usize): void {
  for (let r = 0; r < rows; r++, y += 4) {
    let sum = f32x4.splat(0);
    let at = x;
    let k = n;
    for (; k >= 4; k -= 4, w += 16, at += 16) sum = multiply_add(v128.load(w), v128.load(at), sum);
    sum = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    let total = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
    for (; k > 0; k--, w += 4, at += 4) total += load<f32>(w) * load<f32>(at);
    store<f32>(y, bias ? total + load<f32>(bias + (r << 2)) : total);
  }
}
