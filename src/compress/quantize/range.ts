import type { Quantization } from '../../graph/index.js';

/** Least and greatest real value that an activation is given room for. */
export interface Range {
  min: number;
  max: number;
  /** Mean of each channel (last axis), where layers read it: see `correctedBias`. */
  means?: Float32Array;
}

/**
 * Asymmetric int8 for a range (Jacob et al. 2018): 255 steps from `min` to `max`, which is widened to hold 0, and 0 is
 * exactly a step, because padding and pruned weights mean exactly 0. With 7 bits, what is never negative has 127 steps from zero point 0 on
 * instead: the range of the relaxed dot's second operand.
 */
export function quantizationFor({ min, max }: Range, bits = 8): Quantization {
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  if (bits === 7 && low === 0 && Math.fround(high / 127) > 0)
    return { scale: Math.fround(high / 127), zeroPoint: 0 };
  const scale = Math.fround((high - low) / 255);
  if (!(scale > 0)) return { scale: 1, zeroPoint: 0 };
  const zeroPoint = Math.max(-128, Math.min(127, Math.round(-128 - low / scale)));
  return { scale, zeroPoint };
}
