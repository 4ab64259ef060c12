/**
 * The rounding rules of FORMAT.md "Arithmetic", once: the reference forward and the quantizer call these, and the
 * WebAssembly kernels give the same bits.
 */
import type { Quantization } from '../graph/graph.js';

const { fround } = Math;

/** 1.5 * 2^23: in [2^23, 2^24) neighbouring f32 are 1 apart, so adding it rounds to a whole number. */
const MAGIC = 12582912;

/** `round` is exact below this magnitude. */
export const ROUND_LIMIT = 2 ** 22;

/** What an activation does to an int8 output is to narrow its clamp. */
export type Activation = 'linear' | 'relu' | 'relu6';

/** To the nearest whole number, halves to even, for `|v| < 2^22`. */
export function round(v: number): number {
  return fround(v + MAGIC) - MAGIC;
}

/** `m = (sx * sw) / sy` in f32 steps: takes a sum of int8 products to units of the output's scale. */
export function requantizeFactor(inputScale: number, weightScale: number, outputScale: number): number {
  return fround(accumulatorScale(inputScale, weightScale) / outputScale);
}

/** `sx * sw` in f32: what one unit of a sum of int8 products is worth. */
export function accumulatorScale(inputScale: number, weightScale: number): number {
  return fround(inputScale * weightScale);
}

/** `sa / sy` in f32: takes an operand of an int8 add to units of the output's scale. */
export function rescaleFactor(inputScale: number, outputScale: number): number {
  return fround(inputScale / outputScale);
}

/** `(sx / sy) / n` in f32: takes a sum over n pixels to units of the output's scale. */
export function averageFactor(inputScale: number, outputScale: number, pixels: number): number {
  return fround(rescaleFactor(inputScale, outputScale) / pixels);
}

/** Least and greatest stored value of an int8 output behind `activation`. */
export function clampRange(activation: Activation, output: Quantization): [lo: number, hi: number] {
  const { scale, zeroPoint } = output;
  const lo = activation === 'linear' ? -128 : Math.max(-128, zeroPoint);
  const hi = activation === 'relu6' ? Math.min(127, zeroPoint + round(fround(6 / scale))) : 127;
  return [lo, hi];
}

/** `clamp(round(v) + zeroPoint, lo, hi)`: the last step of every int8 operator. */
export function store(v: number, zeroPoint: number, lo = -128, hi = 127): number {
  return Math.min(hi, Math.max(lo, round(v) + zeroPoint));
}

/** A real value as int8. Values beyond +-2^21 quanta saturate; NaN gives the zero point. */
export function quantizeValue(x: number, { scale, zeroPoint }: Quantization): number {
  const v = fround(x * fround(1 / scale));
  if (Number.isNaN(v)) return zeroPoint;
  return store(Math.min(2097152, Math.max(-2097152, v)), zeroPoint);
}

/** The real value of a stored int8. */
export function dequantizeValue(q: number, { scale, zeroPoint }: Quantization): number {
  return fround(fround(q - zeroPoint) * scale);
}

/** The activation of a real value. */
export function activate(x: number, activation: Activation): number {
  if (activation === 'linear') return x;
  return Math.min(activation === 'relu6' ? 6 : Infinity, Math.max(0, x));
}

/** Least normal number of IEEE half precision. */
export const F16_NORMAL = 2 ** -14;

/** The least f16 that is not below `x`, for weights' scales; below 2^-14 the least f32, as f16 has few bits there. */
export function roundUpToF16(x: number): number {
  if (x < F16_NORMAL) return nextF32(x);
  const step = 2 ** (Math.floor(Math.log2(x)) - 10);
  return Math.ceil(x / step) * step;
}

function nextF32(x: number): number {
  const near = fround(x);
  return near >= x ? near : fround(x * (1 + 2 ** -23));
}
