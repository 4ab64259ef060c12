import { customGrad, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Quantization } from '../graph/index.js';
import { accumulatorScale, F16_NORMAL, round, roundUpToF16 } from '../ops/arithmetic.js';
import type { Parameter } from './parameters.js';

/** A layer whose weights training rounds as int8 will. */
export interface FakeLayer {
  /** Names of its weights. */
  kernel: string;
  bias?: string;
  /** Of kernel values: magnitudes of at most `2^(bits-1) - 1`. */
  bits: number;
  per: 'channel' | 'tensor';
  /** Of what it reads. */
  inputScale: number;
}

/** What int8 will do to a network, said in terms of its f32 graph; structured data. */
export interface FakeQuantization {
  layers: readonly FakeLayer[];
  /** Of tensors that are int8 where they are computed, by name. */
  outputs: ReadonlyMap<string, Quantization>;
  /** Of f32 tensors that a node reads as int8, by the node's and the tensor's name. */
  reads: ReadonlyMap<string, ReadonlyMap<string, Quantization>>;
}

/** Biases stay below it, in units of the sums: as in quantizing. */
const BIAS_LIMIT = 2 ** 30;

/** Scales that are tried where levels are few, as fractions of the one that clips nothing. */
const FRACTIONS = Array.from({ length: 15 }, (_, i) => 1 - i / 20);
/** More bits than these lose more by clipping than by rounding. */
const FEW_BITS = 5;

/**
 * Rounds weights as int8 will: symmetric, one scale a channel or kernel, which is exact in f16. With few bits the scale is the one of least squared error
 * (clipping included), computed anew from the weights at hand, so that nothing but the weights is state. The greatest weight always has
 * the greatest level: whoever quantizes the result without clipping finds the same scale.
 */
export class WeightRounder {
  readonly #layers = new Map<string, FakeLayer>();
  readonly #biases = new Map<string, FakeLayer>();

  constructor(layers: readonly FakeLayer[]) {
    for (const layer of layers) {
      if (!this.#layers.has(layer.kernel)) this.#layers.set(layer.kernel, layer);
      if (layer.bias !== undefined) this.#biases.set(layer.bias, layer);
    }
  }

  /** The parameter's values as the network will have them; its own where they are not rounded. Gradients of these are those of the values. */
  rounded(parameter: Parameter, parameters: ReadonlyMap<string, Parameter>): Float32Array {
    const layer = this.#layers.get(parameter.name);
    if (layer) return roundKernel(parameter, layer, this.#leastScales(layer, parameters));
    const biased = this.#biases.get(parameter.name);
    return biased ? this.#roundBias(parameter, biased, parameters) : parameter.values;
  }

  #leastScales({ bias, inputScale }: FakeLayer, parameters: ReadonlyMap<string, Parameter>): number[] {
    const values = bias === undefined ? undefined : parameters.get(bias)?.values;
    return Array.from(values ?? [], (b) => Math.abs(b) / (BIAS_LIMIT * inputScale));
  }

  #roundBias(
    { values }: Parameter,
    layer: FakeLayer,
    parameters: ReadonlyMap<string, Parameter>,
  ): Float32Array {
    const kernel = parameters.get(layer.kernel)!;
    const scales = kernelScales(kernel, layer, this.#leastScales(layer, parameters));
    return values.map((b, o) => {
      const unit = accumulatorScale(layer.inputScale, scales[scales.length === 1 ? 0 : o]);
      return Math.round(b / unit) * unit;
    });
  }
}

function roundKernel(parameter: Parameter, layer: FakeLayer, least: readonly number[]): Float32Array {
  const scales = kernelScales(parameter, layer, least);
  const levels = 2 ** (layer.bits - 1) - 1;
  return parameter.values.map((w, i) => {
    const scale = scales[i % scales.length];
    return scale * Math.max(-levels, Math.min(levels, round(w / scale)));
  });
}

/** In tfjs' layouts the output channel is what runs fastest. */
function kernelScales(
  { values, graphShape }: Parameter,
  { bits, per }: FakeLayer,
  least: readonly number[],
): Float32Array {
  const channels = per === 'channel' ? graphShape[0] : 1;
  const levels = 2 ** (bits - 1) - 1;
  const leastOf = (c: number): number => (per === 'channel' ? (least[c] ?? 0) : Math.max(0, ...least));
  return Float32Array.from({ length: channels }, (_, c) =>
    roundUpToF16(Math.max(channelScale(values, c, channels, levels, bits), leastOf(c)) || F16_NORMAL),
  );
}

/** Of every `channels`th value from `first` on. */
function channelScale(
  values: Float32Array,
  first: number,
  channels: number,
  levels: number,
  bits: number,
): number {
  let most = 0;
  for (let i = first; i < values.length; i += channels) most = Math.max(most, Math.abs(values[i]));
  const widest = most / levels;
  if (bits > FEW_BITS || most === 0) return widest;
  let [best, leastError] = [widest, Infinity];
  for (const fraction of FRACTIONS) {
    const scale = fraction * widest;
    let error = 0;
    for (let i = first; i < values.length; i += channels) {
      const whole = Math.max(-levels, Math.min(levels, round(values[i] / scale)));
      error += (values[i] - scale * whole) ** 2;
    }
    if (error < leastError) [best, leastError] = [scale, error];
  }
  return best;
}

/**
 * `x` as int8 keeps it, in f32: FORMAT.md "Arithmetic", rounding half to even and saturating. Its gradient is that of `x` where nothing saturates, else 0: the
 * straight-through estimator (Bengio, Leonard and Courville 2013; Jacob et al. 2018, section 3).
 */
export function fakeQuantize(x: Tensor, { scale, zeroPoint }: Quantization): Tensor {
  const [lo, hi] = [-128 - zeroPoint, 127 - zeroPoint];
  const factor = Math.fround(1 / scale);
  const quantize = customGrad((input) => {
    const values = (input as Tensor).dataSync() as Float32Array;
    const result = values.map((v) => scale * Math.max(lo, Math.min(hi, round(Math.fround(v * factor)))));
    const gradFunc = (dy: Tensor): Tensor => {
      const gradient = dy.dataSync().slice() as Float32Array;
      for (let i = 0; i < gradient.length; i++) {
        const v = values[i] * factor;
        if (v < lo - 0.5 || v > hi + 0.5) gradient[i] = 0;
      }
      return tensor(gradient, x.shape);
    };
    return { value: tensor(result, x.shape), gradFunc };
  });
  return quantize(x);
}
