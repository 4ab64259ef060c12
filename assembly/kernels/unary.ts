import { Op } from '../ops/names';
import { clamp_f32 } from './arithmetic';
import { erf_f32, exp_f32, log_f32, sigmoid_f32, sin_f64, splat, tanh_f32 } from './functions';

/** The first `n` of four f32. */
export function store_f32(y: usize, v: v128, n: i32): void {
  if (n >= 4) v128.store(y, v);
  else
    for (; n > 0; n--, y += 4) {
      v128.store_lane<u32>(y, v, 0);
      v = v128.shuffle<i32>(v, v, 1, 2, 3, 0);
    }
}

/** x where it is not negative, else what is given. */
function unless_negative(x: v128, negative: v128): v128 {
  return v128.bitselect(negative, x, f32x4.lt(x, splat(0)));
}

/** x / (1 + e^-k). */
function gated(x: v128, k: v128): v128 {
  return f32x4.div(x, f32x4.add(splat(1), exp_f32(f32x4.neg(k))));
}

function apply(f: Op, x: v128, alpha: v128, beta: v128): v128 {
  switch (f) {
    case Op.RELU:
    case Op.RELU6:
    case Op.CLIP:
      return clamp_f32(x, alpha, beta);
    case Op.LEAKY_RELU:
      return unless_negative(x, f32x4.mul(x, alpha));
    case Op.HARD_SIGMOID:
      return clamp_f32(f32x4.add(f32x4.mul(x, alpha), beta), splat(0), splat(1));
    case Op.HARD_SWISH:
      return f32x4.mul(x, f32x4.div(clamp_f32(f32x4.add(x, splat(3)), splat(0), splat(6)), splat(6)));
    case Op.ELU:
    case Op.SELU:
      return f32x4.mul(unless_negative(x, f32x4.mul(alpha, f32x4.sub(exp_f32(x), splat(1)))), beta);
    case Op.EXP:
      return exp_f32(x);
    case Op.SIGMOID:
      return sigmoid_f32(x);
    case Op.TANH:
      return tanh_f32(x);
    case Op.SWISH:
      return gated(x, f32x4.mul(x, alpha));
    case Op.ABS:
      return f32x4.abs(x);
    case Op.NEG:
      return f32x4.neg(x);
    case Op.SQRT:
      return f32x4.sqrt(x);
    case Op.RSQRT:
      return f32x4.div(splat(1), f32x4.sqrt(x));
    case Op.RECIPROCAL:
      return f32x4.div(splat(1), x);
    case Op.SQUARE:
      return f32x4.mul(x, x);
    default:
      return LOPPER_ALL ? apply_rare(f, x, alpha) : x;
  }
}

function apply_rare(f: Op, x: v128, alpha: v128): v128 {
  switch (f) {
    case Op.LOG:
      return log_f32(x);
    case Op.SOFTPLUS:
      return f32x4.add(
        f32x4.pmax(x, splat(0)),
        log_f32(f32x4.add(splat(1), exp_f32(f32x4.neg(f32x4.abs(x))))),
      );
    case Op.SOFTSIGN:
      return f32x4.div(x, f32x4.add(splat(1), f32x4.abs(x)));
    case Op.MISH: {
      // tanh(ln(1 + e)) = n / (n + 2), n = e (e + 2)
      const e = exp_f32(f32x4.pmin(x, splat(20)));
      const n = f32x4.mul(e, f32x4.add(e, splat(2)));
      return f32x4.mul(x, f32x4.div(n, f32x4.add(n, splat(2))));
    }
    case Op.GELU: {
      // 1 + tanh k = 2 / (1 + e^-2k)
      if (f32x4.extract_lane(alpha, 0) != 0) {
        const cube = f32x4.mul(f32x4.mul(x, x), f32x4.mul(x, splat(0.044715)));
        return gated(x, f32x4.mul(f32x4.add(x, cube), splat(1.5957691216)));
      }
      const half = f32x4.mul(x, splat(0.5));
      return f32x4.add(half, f32x4.mul(half, erf_f32(f32x4.mul(x, splat(0.7071067811865476)))));
    }
    case Op.ERF:
      return erf_f32(x);
    case Op.FLOOR:
      return f32x4.floor(x);
    case Op.CEIL:
      return f32x4.ceil(x);
    case Op.ROUND:
      return f32x4.nearest(x);
    case Op.TRUNC:
      return f32x4.trunc(x);
    case Op.SIGN:
      return f32x4.sub(v128.and(splat(1), f32x4.gt(x, splat(0))), v128.and(splat(1), f32x4.lt(x, splat(0))));
    default:
      return v128.and(splat(1), f32x4.eq(x, splat(0)));
  }
}

/** y[i] = f(x[i]), n f32, written exactly; y may be x. `alpha` and `beta` are parameters of some f. */
export function f32_vunary(f: i32, n: i32, x: usize, y: usize, alpha: f32, beta: f32): void {
  if (LOPPER_ALL && f >= Op.SIN) {
    for (; n > 0; n--, x += 4, y += 4) store<f32>(y, <f32>sin_f64(load<f32>(x), f - Op.SIN));
    return;
  }
  for (; n > 0; n -= 4, x += 16, y += 16)
    store_f32(y, apply(f, v128.load(x), f32x4.splat(alpha), f32x4.splat(beta)), n);
}
