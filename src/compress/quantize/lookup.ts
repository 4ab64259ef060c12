import type { Quantization } from '../../graph/index.js';

/**
 * A function's 256 results in int8, in double precision and rounded once, to nearest even: FORMAT.md, "lookup". NaN gives the
 * output's zero point.
 */
export function lookupTable(f: (x: number) => number, input: Quantization, output: Quantization): Int8Array {
  return Int8Array.from({ length: 256 }, (_, i) => {
    const y = f(input.scale * (i - 128 - input.zeroPoint)) / output.scale;
    if (Number.isNaN(y)) return output.zeroPoint;
    return Math.max(-128, Math.min(127, roundHalfEven(y) + output.zeroPoint));
  });
}

/** To the nearest whole number, halves to even. */
export function roundHalfEven(x: number): number {
  const whole = Math.round(x);
  return whole - x === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}
