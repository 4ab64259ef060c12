import { clusterOf, kMeans, type Clusters, type Initialization, type Sample } from './k-means.js';
import { roundHalfEven } from './lookup.js';
import { roundUpToF16, type QuantizedKernel } from './weights.js';

/** A layer's weights as a few shared values (Han et al. 2016, "Deep Compression"). */
export interface CodebookOptions {
  /** 2..256; zero, where weights are pruned, is one more. */
  entries: number;
  /** Default linear. */
  initialization?: Initialization;
  /** See `kMeans`. Default 0. */
  rate?: number;
  /** Of k-means++. */
  random?: () => number;
}

/** Rounds in which codebook and scales are fitted to each other in turn. */
const ROUNDS = 10;

/**
 * An int8 kernel of `entries` different whole numbers: k-means of `w / scale[o]`, each weight's share in proportion to `scale[o]^2`, the
 * centres rounded. A file then holds a byte for an entry, and `log2(entries)` bits or less for a weight. Then each scale becomes what fits its
 * channel best, `scale = sum w e / sum e^2` over its entries e, and both again while the error falls. Pruned weights stay 0.
 *
 * @param values f32, `[outputs, ...]`
 * @param kernel its int8 form, with a scale a channel or one
 */
export function shareWeights(
  values: Float32Array,
  { data, scale }: QuantizedKernel,
  options: CodebookOptions,
): QuantizedKernel {
  const size = values.length / scale.length;
  let shared = { data, scale };
  let least = Infinity;
  let scales = scale;
  for (let round = 0; round < ROUNDS; round++) {
    const units = scales;
    const real = Float64Array.from(values, (w, i) => w / units[Math.floor(i / size)]);
    const clusters = clustersOf(real, scales, options);
    const entries = wholeEntries(clusters);
    const whole = Int8Array.from(real, (u) => (u === 0 ? 0 : entries[clusterOf(clusters, u)]));
    const error = squaredError(values, whole, scales);
    if (!(error < least)) break;
    [least, shared] = [error, { data: whole, scale: scales }];
    scales = fittedScales(values, whole, scale);
  }
  return shared;
}

/** An f32 kernel of `entries` different values, and 0 where it was 0. */
export function shareFloatWeights(values: Float32Array, options: CodebookOptions): Float32Array {
  const clusters = clustersOf(Float64Array.from(values), Float32Array.of(1), options);
  return values.map((w) => (w === 0 ? 0 : clusters.centres[clusterOf(clusters, w)]));
}

function clustersOf(real: Float64Array, scales: Float32Array, options: CodebookOptions): Clusters {
  const { entries: k, ...others } = options;
  const most = Math.max(...scales);
  const sample = sampleOf(real, (i) => (scales[Math.floor((i * scales.length) / real.length)] / most) ** 2);
  if (sample.values.length === 0) return { centres: Float64Array.of(0), edges: new Float64Array(0) };
  return kMeans(sample, { k, ...others });
}

const wholeEntries = ({ centres }: Clusters): Int8Array =>
  Int8Array.from(centres, (centre) => Math.max(-127, Math.min(127, roundHalfEven(centre))));

/** The values that are not 0, ascending. */
function sampleOf(real: Float64Array, weightOf: (index: number) => number): Sample {
  const order = Array.from(real.keys()).filter((i) => real[i] !== 0);
  order.sort((a, b) => real[a] - real[b]);
  return { values: Float64Array.from(order, (i) => real[i]), weights: Float64Array.from(order, weightOf) };
}

function squaredError(values: Float32Array, whole: Int8Array, scales: Float32Array): number {
  const size = values.length / scales.length;
  let error = 0;
  values.forEach((w, i) => (error += (w - scales[Math.floor(i / size)] * whole[i]) ** 2));
  return error;
}

/** As `quantizeKernel` rounds scales, and at least three quarters of its own, for which biases have room; a channel of zeros keeps it. */
function fittedScales(values: Float32Array, whole: Int8Array, scales: Float32Array): Float32Array {
  const size = values.length / scales.length;
  return scales.map((scale, o) => {
    let [both, squares] = [0, 0];
    for (let i = o * size; i < (o + 1) * size; i++) {
      both += values[i] * whole[i];
      squares += whole[i] * whole[i];
    }
    return both > 0 ? roundUpToF16(Math.max(both / squares, 0.75 * scale)) : scale;
  });
}
