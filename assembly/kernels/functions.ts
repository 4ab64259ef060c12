// Functions of f32, four at a time, and of f64. Bounds: src/format/FORMAT.md "Arithmetic".

export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** (p * x) + c: rounded twice in every build, so that all give the same. */
function horner(p: v128, x: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(p, x), splat(c));
}

/** 2^n, n in -126..127. */
function power_of_two(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * e^x within 3 units in the last place: x = n ln 2 + r, ln 2 in two parts, and a degree 6 polynomial in r (Moshier, Cephes `expf.c`);
 * 2^n in two factors, so that results below 2^-126 and from 2^127 on come out.
 */
export function exp_f32(v: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(v, splat(-104)), splat(89));
  const whole = f32x4.nearest(f32x4.mul(x, splat(1.44269504)));
  const n = i32x4.trunc_sat_f32x4_s(whole);
  const r = f32x4.add(
    f32x4.mul(whole, splat(2.1219444e-4)),
    f32x4.add(f32x4.mul(whole, splat(-0.693359375)), x),
  );
  let p = horner(splat(1.98756915e-4), r, 1.3981999507e-3);
  p = horner(p, r, 8.3334519073e-3);
  p = horner(p, r, 4.1665795894e-2);
  p = horner(p, r, 1.6666665459e-1);
  p = horner(p, r, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), splat(1));
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(p, power_of_two(half)), power_of_two(i32x4.sub(n, half)));
}

/** ln x: x = 2^e m, m in sqrt 1/2 .. sqrt 2, and ln m = 2 artanh((m - 1) / (m + 1)), of whose series the next term is 2^-29. */
export function log_f32(v: v128): v128 {
  const tiny = f32x4.lt(v, splat(1.17549435e-38));
  const x = f32x4.mul(v, v128.bitselect(splat(8388608), splat(1), tiny));
  const e = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
  const m = i32x4.sub(x, i32x4.shl(e, 23));
  const s = f32x4.div(f32x4.sub(m, splat(1)), f32x4.add(m, splat(1)));
  const square = f32x4.mul(s, s);
  let p = horner(splat(1 / <f32>9), square, 1 / <f32>7);
  p = horner(p, square, 1 / <f32>5);
  p = horner(p, square, 1 / <f32>3);
  p = f32x4.mul(f32x4.mul(p, square), s);
  p = f32x4.add(p, s);
  const power = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(splat(23), tiny));
  const y = f32x4.add(f32x4.mul(power, splat(0.69314718)), f32x4.add(p, p));
  // infinity stays; 0 gives -infinity, and what is below 0 NaN
  const positive = v128.bitselect(y, v, f32x4.lt(v, splat(Infinity)));
  const zero = v128.bitselect(splat(-Infinity), splat(NaN), f32x4.eq(v, splat(0)));
  return v128.bitselect(positive, zero, f32x4.gt(v, splat(0)));
}

/** 1 / (1 + e^-x). */
export function sigmoid_f32(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp_f32(f32x4.neg(x))));
}

/** 1 - 2 / (e^2x + 1). */
export function tanh_f32(x: v128): v128 {
  return f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(exp_f32(f32x4.add(x, x)), splat(1))));
}

/** erf x, within 2^-22: Abramowitz and Stegun 7.1.26. */
export function erf_f32(x: v128): v128 {
  const t = f32x4.div(splat(1), horner(f32x4.abs(x), splat(0.3275911), 1));
  let p = horner(splat(1.061405429), t, -1.453152027);
  p = horner(p, t, 1.421413741);
  p = horner(p, t, -0.284496736);
  p = horner(p, t, 0.254829592);
  const rest = f32x4.mul(f32x4.mul(p, t), exp_f32(f32x4.neg(f32x4.mul(x, x))));
  return v128.bitselect(x, f32x4.sub(splat(1), rest), i32x4.splat(i32.MIN_VALUE));
}

/** sin(x + quarters * pi / 2): Taylor's series within a quarter turn. */
export function sin_f64(x: f64, quarters: i32): f64 {
  const turns = nearest(x * 0.6366197723675814);
  const r = x - turns * 1.5707963267948966;
  const quarter = quarters + i32(turns);
  let k: f64 = quarter & 1 ? 1 : 2;
  let term = quarter & 1 ? 1.0 : r;
  let sum = term;
  for (; k < 18; k += 2) {
    term *= -(r * r) / (k * (k + 1));
    sum += term;
  }
  return quarter & 2 ? -sum : sum;
}

/** ln x, x > 0 and finite; -infinity for 0. */
function log_f64(x: f64): f64 {
  if (x == 0) return -Infinity;
  const e = i32((reinterpret<i64>(x) - 0x3fe6a09e667f3bcd) >> 52);
  const m = reinterpret<f64>(reinterpret<i64>(x) - (i64(e) << 52));
  const s = (m - 1) / (m + 1);
  let sum: f64 = 0;
  for (let k: f64 = 21; k > 0; k -= 2) sum = sum * s * s + 1 / k;
  return f64(e) * 0.6931471805599453 + 2 * s * sum;
}

/** e^x. */
function exp_f64(v: f64): f64 {
  const x = min(max(v, -700), 700);
  const whole = nearest(x * 1.4426950408889634);
  const r = x - whole * 0.6931471805599453;
  let sum: f64 = 1;
  for (let k: f64 = 13; k > 0; --k) sum = 1 + (sum * r) / k;
  return sum * reinterpret<f64>((i64(whole) + 1023) << 52);
}

/** x^y as JavaScript has it; beyond f32 where the exact value is. */
export function pow_f64(x: f64, y: f64): f64 {
  if (y == 0) return 1;
  const magnitude = exp_f64(y * log_f64(abs(x)));
  if (y != trunc(y)) return x < 0 ? NaN : magnitude;
  return y * 0.5 == trunc(y * 0.5) ? magnitude : copysign(magnitude, x);
}

/** The angle of (x, y): halved twice, then the series of the arc tangent. */
export function atan2_f64(y: f64, x: f64): f64 {
  const most = max(abs(x), abs(y));
  let t = most > 0 ? min(abs(x), abs(y)) / most : 0;
  for (let i = 0; i < 2; ++i) t = t / (1 + sqrt(1 + t * t));
  let sum: f64 = 0;
  for (let k: f64 = 21; k > 0; k -= 2) sum = 1 / k - sum * t * t;
  let angle = 4 * t * sum;
  if (abs(y) > abs(x)) angle = 1.5707963267948966 - angle;
  // of -0 too
  if (copysign<f64>(1, x) < 0) angle = 3.141592653589793 - angle;
  return copysign(angle, y);
}

/** What division leaves, with a's sign, exact for f32 a and b: 28 bits of the quotient at a time. */
export function remainder(a: f64, b: f64): f64 {
  let rest = a;
  while (abs(rest) >= abs(b)) rest -= reinterpret<f64>(reinterpret<u64>(trunc(rest / b)) & ~0x1ffffff) * b;
  return copysign(rest, a);
}
