const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The f32 value of IEEE half-precision bits; infinities and NaN as themselves. */
export function fromF16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** The nearest half-precision number, ties away from zero; Infinity beyond 65504. */
export function nearestF16(value: number): number {
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  const nearest = Math.sign(value) * Math.round(Math.abs(value) / step) * step;
  return Math.abs(nearest) > 65504 ? nearest * Infinity : nearest;
}

/** The half-precision bits of `value`, truncated: exact where `fromF16(toF16(value))` is `value`. */
export function toF16(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const exponent = ((bits[0] >>> 23) & 255) - 112;
  const mantissa = bits[0] & 0x7fffff;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent > 0) return sign | (exponent << 10) | (mantissa >>> 13);
  return exponent < -10 ? sign : sign | ((mantissa | 0x800000) >>> (14 - exponent));
}
