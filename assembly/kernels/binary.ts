import { Op } from '../ops/names';
import { clamp_f32 } from './arithmetic';
import { atan2_f64, pow_f64, remainder, splat } from './functions';
import { store_f32 } from './unary';

function truth(mask: v128): v128 {
  return v128.and(splat(1), mask);
}

function is_true(x: v128): v128 {
  return f32x4.ne(x, splat(0));
}

function apply(f: Op, a: v128, b: v128): v128 {
  switch (f) {
    case Op.ADD:
      return f32x4.add(a, b);
    case Op.SUB:
      return f32x4.sub(a, b);
    case Op.MUL:
      return f32x4.mul(a, b);
    case Op.MIN:
      return f32x4.pmin(a, b);
    case Op.MAX:
      return f32x4.pmax(a, b);
    case Op.DIV:
      return f32x4.div(a, b);
    case Op.PRELU:
      return v128.bitselect(f32x4.mul(a, b), a, f32x4.lt(a, splat(0)));
    default:
      return LOPPER_ALL ? apply_rare(f, a, b) : a;
  }
}

function apply_rare(f: Op, a: v128, b: v128): v128 {
  switch (f) {
    case Op.SQUARED_DIFFERENCE: {
      const d = f32x4.sub(a, b);
      return f32x4.mul(d, d);
    }
    case Op.FLOOR_DIV:
      return f32x4.floor(f32x4.div(a, b));
    case Op.EQUAL:
      return truth(f32x4.eq(a, b));
    case Op.NOT_EQUAL:
      return truth(f32x4.ne(a, b));
    case Op.LESS:
      return truth(f32x4.lt(a, b));
    case Op.LESS_EQUAL:
      return truth(f32x4.le(a, b));
    case Op.GREATER:
      return truth(f32x4.gt(a, b));
    case Op.GREATER_EQUAL:
      return truth(f32x4.ge(a, b));
    case Op.LOGICAL_AND:
      return truth(v128.and(is_true(a), is_true(b)));
    case Op.LOGICAL_OR:
      return truth(v128.or(is_true(a), is_true(b)));
    default: {
      // one by one: lane 0, and turn
      for (let i = 0; i < 4; i++) {
        const y = apply_scalar(f, f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0));
        a = f32x4.replace_lane(a, 0, <f32>y);
        a = v128.shuffle<i32>(a, a, 1, 2, 3, 0);
        b = v128.shuffle<i32>(b, b, 1, 2, 3, 0);
      }
      return a;
    }
  }
}

function apply_scalar(f: Op, a: f64, b: f64): f64 {
  if (f == Op.POW) return pow_f64(a, b);
  if (f == Op.ATAN2) return atan2_f64(a, b);
  const r = remainder(a, b);
  return r != 0 && r < 0 != b < 0 ? r + b : r;
}

/** Four numbers, or where they do not move one of them four times. */
function load_f32(x: usize, step: i32): v128 {
  return step ? v128.load(x) : v128.load32_splat(x);
}

/** y[i] = min(max(f(a[i], b[i]), lo), hi), n f32, written exactly; an input of step 0 is one number. */
export function f32_vbinary(
  f: i32,
  n: i32,
  a: usize,
  sa: i32,
  b: usize,
  sb: i32,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  for (; n > 0; n -= 4, a += sa << 2, b += sb << 2, y += 16) {
    const v = apply(f, load_f32(a, sa), load_f32(b, sb));
    store_f32(y, clamp_f32(v, f32x4.splat(lo), f32x4.splat(hi)), n);
  }
}

/** y[i] = c[i] != 0 ? a[i] : b[i], n f32, written exactly; an input of step 0 is one number. */
export function f32_vwhere(n: i32, c: usize, sc: i32, a: usize, sa: i32, b: usize, sb: i32, y: usize): void {
  for (; n > 0; n -= 4, c += sc << 2, a += sa << 2, b += sb << 2, y += 16)
    store_f32(y, v128.bitselect(load_f32(a, sa), load_f32(b, sb), is_true(load_f32(c, sc))), n);
}
