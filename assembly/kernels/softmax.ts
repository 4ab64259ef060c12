import { round_scalar } from './arithmetic';

/**
 * e^x of x <= 0 (or NaN, which stays), within 2 units in the last place: x = n ln 2 + r, ln 2 in two parts, and a
 * degree 6 polynomial in r (Moshier, Cephes `expf.c`). Below -87 the result is 0.
 */
function exp(x: f32): f32 {
  if (x < -87) return 0;
  const n = round_scalar(x * <f32>1.44269504, 0);
  const whole = <f32>n;
  const r = whole * <f32>2.1219444e-4 + (whole * <f32>-0.693359375 + x);
  let p: f32 = 1.98756915e-4;
  p = p * r + <f32>1.3981999507e-3;
  p = p * r + <f32>8.3334519073e-3;
  p = p * r + <f32>4.1665795894e-2;
  p = p * r + <f32>1.6666665459e-1;
  p = p * r + <f32>5.0000001201e-1;
  return (p * (r * r) + r + 1) * reinterpret<f32>((n + 127) << 23);
}

/**
 * y[i] = e^(x[i] - max x) / sum_j e^(x[j] - max x), n >= 1; reads and writes n f32 exactly; y may be x. The sum is f64,
 * so that its error does not grow with n. -Infinity gives 0; all NaN where the largest is infinite or any is NaN. One by one: scores are few.
 */
export function f32_softmax(n: i32, x: usize, y: usize): void {
  const bytes = n << 2;
  let most = load<f32>(x);
  for (let i = 4; i < bytes; i += 4) most = max(most, load<f32>(x + i));
  let sum: f64 = 0;
  for (let i = 0; i < bytes; i += 4) {
    const e = exp(load<f32>(x + i) - most);
    store<f32>(y + i, e);
    sum += <f64>e;
  }
  const inverse = <f32>(1 / sum);
  for (let i = 0; i < bytes; i += 4) store<f32>(y + i, load<f32>(y + i) * inverse);
}
