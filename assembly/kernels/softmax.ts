import { multiply_add, rounding_base, round_biased } from './arithmetic';

/**
 * e^x of four x <= 0 (or NaN, which stays), within 2 units in the last place: x = n ln 2 + r, ln 2 in two parts, and a
 * degree 6 polynomial in r (Moshier, Cephes `expf.c`). Below -87 the result is 0.
 */
function exp(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(-87));
  const n = round_biased(f32x4.mul(x, f32x4.splat(1.44269504)), rounding_base(0));
  const whole = f32x4.convert_i32x4_s(n);
  let r = multiply_add(whole, f32x4.splat(-0.693359375), x);
  r = multiply_add(whole, f32x4.splat(2.1219444e-4), r);
  let p = f32x4.splat(1.98756915e-4);
  p = multiply_add(p, r, f32x4.splat(1.3981999507e-3));
  p = multiply_add(p, r, f32x4.splat(8.3334519073e-3));
  p = multiply_add(p, r, f32x4.splat(4.1665795894e-2));
  p = multiply_add(p, r, f32x4.splat(1.6666665459e-1));
  p = multiply_add(p, r, f32x4.splat(5.0000001201e-1));
  const e = f32x4.add(multiply_add(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(e, power), tiny);
}

/** The largest of n >= 1 f32; a NaN wins. */
function maximum(n: i32, x: usize): f32 {
  let most = v128.load32_splat(x);
  for (; n >= 4; n -= 4, x += 16) most = f32x4.max(most, v128.load(x));
  for (; n > 0; n--, x += 4) most = f32x4.max(most, v128.load32_splat(x));
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  return max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
}

/**
 * y[i] = e^(x[i] - max x) / sum_j e^(x[j] - max x), n >= 1; reads and writes n f32 exactly; y may be x. The sum is f64,
 * so that its error does not grow with n. -Infinity gives 0; all NaN where the largest is infinite or any is NaN.
 */
export function f32_softmax(n: i32, x: usize, y: usize): void {
  const most = f32x4.splat(maximum(n, x));
  const whole = n & ~3;
  let sums = f64x2.splat(0);
  for (let i = 0; i < whole; i += 4) {
    const e = exp(f32x4.sub(v128.load(x + (i << 2)), most));
    v128.store(y + (i << 2), e);
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(e));
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<f32>(e, e, 2, 3, 0, 1)));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (let i = whole; i < n; i++) {
    const e = f32x4.extract_lane(exp(f32x4.sub(v128.load32_splat(x + (i << 2)), most)), 0);
    store<f32>(y + (i << 2), e);
    sum += <f64>e;
  }
  const inverse = <f32>(1 / sum);
  for (let i = 0; i < whole; i += 4) {
    v128.store(y + (i << 2), f32x4.mul(v128.load(y + (i << 2)), f32x4.splat(inverse)));
  }
  for (let i = whole; i < n; i++) store<f32>(y + (i << 2), load<f32>(y + (i << 2)) * inverse);
}
