import { elements } from '../../graph/index.js';
import { F16_NORMAL, roundUpToF16 } from '../../ops/arithmetic.js';
import { roundHalfEven } from './lookup.js';

export { roundUpToF16 };

/** A kernel as `real = scale[output] * data`, zero point 0, so that a pruned weight is exactly 0. */
export interface QuantizedKernel {
  data: Int8Array;
  /** One an output channel, or one. Each is exact in f16 where it is at least 2^-14, so that a file holds it in two bytes. */
  scale: Float32Array;
}

export interface WeightOptions {
  /** 2..8: whole numbers of magnitude at most `2^(bits-1) - 1`. */
  bits: number;
  per: 'channel' | 'tensor';
  /**
   * Of each output channel: coarser than its weights need where the bias, in units of the scale, would leave i32. Channels that training
   * left for dead have weights of 1e-16 and a bias of 1 (MobileNetV1-0.25-224, conv1).
   */
  leastScales?: readonly number[];
}

/**
 * Symmetric quantization of a kernel `[outputs, ...]` (Krishnamoorthi 2018). A scale is the greatest magnitude by the
 * number of levels, rounded up, so that nothing clips. Channels without a weight get the greatest scale of the others:
 * they only need one for their bias.
 */
export function quantizeKernel(
  values: Float32Array,
  shape: readonly number[],
  { bits, per, leastScales = [] }: WeightOptions,
): QuantizedKernel {
  const levels = 2 ** (bits - 1) - 1;
  const channels = per === 'channel' ? shape[0] : 1;
  const size = elements(shape) / channels;
  const least = per === 'channel' ? leastScales : [Math.max(0, ...leastScales)];
  const scale = Float32Array.from({ length: channels }, (_, c) =>
    roundUpToF16(Math.max(greatest(values.subarray(c * size, (c + 1) * size)) / levels, least[c] ?? 0)),
  );
  const largest = greatest(scale) || F16_NORMAL;
  scale.forEach((s, c) => (scale[c] = s || largest));
  const data = Int8Array.from(values, (w, i) => roundHalfEven(w / scale[Math.floor(i / size)]));
  return { data, scale };
}

function greatest(values: Float32Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
