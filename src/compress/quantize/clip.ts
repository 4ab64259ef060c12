/** Ranges from a histogram: what lies outside is clipped, so that what lies inside has finer steps. */
import type { Histogram } from './histogram.js';
import type { Range } from './range.js';

/**
 * Leaves out the greatest `100 - percentile` percent of the values, and as many of the least, unless these are 0 as
 * behind relu (McKinstry et al. 2019). Off by a bin at most.
 *
 * @param percentile in (50, 100]
 */
export function percentileRange(histogram: Histogram, percentile: number): Range {
  const { min, max, limit, width } = histogram;
  const counts = withZeros(histogram);
  // 1 - 99.9 / 100 is a little less than a thousandth: without the margin a value too many would stay.
  const allowed = (1 - percentile / 100) * histogram.total + 1e-6;
  const least = tailBins(counts, allowed);
  const greatest = tailBins(counts.toReversed(), allowed);
  return {
    min: min >= 0 ? min : Math.max(min, least * width - limit),
    max: max <= 0 ? max : Math.min(max, (counts.length - greatest) * width - limit),
  };
}

function withZeros({ counts, zeros }: Histogram): Float64Array {
  const all = counts.slice();
  all[all.length / 2] += zeros;
  return all;
}

/** How many bins from the start hold no more than `allowed` values. */
function tailBins(counts: Float64Array, allowed: number): number {
  let bins = 0;
  let sum = counts[0];
  while (sum <= allowed && bins < counts.length - 1) sum += counts[++bins];
  return bins;
}

/** Rounds of one side after the other; most histograms are done after two. */
const ROUNDS = 8;

/**
 * The range whose expected squared error is least (Sung et al. 2015, Banner et al. 2018), with values in the middle of their
 * bins and even rounding errors within a step `s = (max - min) / 255`:
 * `sum over bins n_b * (inside: s^2 / 12, below: (x_b - min)^2, above: (x_b - max)^2)`. Zeros have no error. Every bin's edge is
 * tried for one side, then for the other, until neither moves.
 */
export function mseRange(histogram: Histogram, bits = 8): Range {
  const moments = new Moments(histogram);
  const seen = { min: Math.min(0, histogram.min), max: Math.max(0, histogram.max) };
  const levels = bits === 7 && seen.min === 0 ? 127 : 255;
  const error = (min: number, max: number): number => {
    const inside = (((max - min) / levels) ** 2 / 12) * moments.countWithin(min, max);
    return inside + moments.squaresAbove(max) + moments.squaresBelow(min);
  };
  let { min, max } = seen;
  for (let round = 0; round < ROUNDS; round++) {
    const before = { min, max };
    max = best(edges(histogram, 0, seen.max), max, (edge) => error(min, edge));
    min = best(edges(histogram, seen.min, 0), min, (edge) => error(edge, max));
    if (min === before.min && max === before.max) break;
  }
  return { min, max };
}

/** Edges of bins strictly between both, without 0. */
function edges({ limit, width, counts }: Histogram, from: number, to: number): number[] {
  const all = Array.from(counts, (_, bin) => bin * width - limit);
  return all.filter((edge) => edge > from && edge < to && edge !== 0);
}

function best(candidates: number[], known: number, error: (candidate: number) => number): number {
  let least = error(known);
  let found = known;
  for (const candidate of candidates) {
    const e = error(candidate);
    if (e < least) [least, found] = [e, candidate];
  }
  return found;
}

/** Sums of a histogram's values up to each bin, so that any range's error is a few operations. */
class Moments {
  readonly #histogram: Histogram;
  /** Of `1`, `x` and `x^2`, before each bin. */
  readonly #sums: Float64Array[];

  constructor(histogram: Histogram) {
    const { counts, limit, width } = histogram;
    this.#histogram = histogram;
    this.#sums = [0, 1, 2].map((power) => {
      const sums = new Float64Array(counts.length + 1);
      counts.forEach((n, bin) => (sums[bin + 1] = sums[bin] + n * ((bin + 0.5) * width - limit) ** power));
      return sums;
    });
  }

  countWithin(min: number, max: number): number {
    const [count] = this.#sums;
    return count[this.#binAt(max)] - count[this.#binAt(min)];
  }

  squaresAbove(edge: number): number {
    return this.#squares(this.#binAt(edge), this.#histogram.counts.length, edge);
  }

  squaresBelow(edge: number): number {
    return this.#squares(0, this.#binAt(edge), edge);
  }

  /** `sum (x - edge)^2` over bins `from..to`. */
  #squares(from: number, to: number, edge: number): number {
    const [n, x, xx] = this.#sums.map((sums) => sums[to] - sums[from]);
    return Math.max(0, xx - 2 * edge * x + edge * edge * n);
  }

  /** The first bin that is not wholly below `edge`. */
  #binAt(edge: number): number {
    const { limit, width, counts } = this.#histogram;
    return Math.max(0, Math.min(counts.length, Math.ceil((edge + limit) / width - 1e-9)));
  }
}

/**
 * TensorRT's choice (Migacz 2017, "8-bit Inference with TensorRT"): of all thresholds t the one that keeps most of what the values
 * say, by the divergence `KL(P, Q) = sum p log(p / q)` of the distribution P of magnitudes clipped to t from Q, which has only as many
 * different magnitudes as int8 (128; 256 where nothing is negative), each even over its bins that P has. Zeros, which int8 has exactly, are not counted:
 * behind relu they would be half of P.
 */
export function klRange(histogram: Histogram, bits = 8): Range {
  const { min, max, width } = histogram;
  const levels = min >= 0 && bits === 8 ? 256 : 128;
  const magnitudes = foldedCounts(histogram);
  const used = Math.min(magnitudes.length, Math.ceil(Math.max(-min, max) / width - 1e-9));
  let threshold = used;
  let least = Infinity;
  for (let bins = levels; bins <= used; bins++) {
    const divergence = clippedDivergence(magnitudes.subarray(0, used), bins, levels);
    if (divergence < least) [least, threshold] = [divergence, bins];
  }
  const clip = threshold >= used ? Infinity : threshold * width;
  return { min: Math.max(min, -clip), max: Math.min(max, clip) };
}

/** Of `|x|`, in bins of the same width. */
function foldedCounts({ counts }: Histogram): Float64Array {
  const half = counts.length / 2;
  return Float64Array.from({ length: half }, (_, bin) => counts[half + bin] + counts[half - 1 - bin]);
}

/** `KL(P, Q)` where P is cut after `bins`, with the rest in its last bin, and Q has `levels` of P's bins without that rest. */
export function clippedDivergence(counts: Float64Array, bins: number, levels: number): number {
  const total = sum(counts, 0, counts.length);
  const inside = sum(counts, 0, bins);
  const rest = total - inside;
  let divergence = 0;
  for (let level = 0; level < levels; level++) {
    const [from, to] = [level, level + 1].map((edge) => Math.round((edge * bins) / levels));
    const last = to === bins ? rest : 0;
    let filled = 0;
    for (let bin = from; bin < to; bin++) if (counts[bin] > 0) filled++;
    const q = sum(counts, from, to) / filled / inside;
    for (let bin = from; bin < to; bin++) {
      const p = (counts[bin] + (bin === to - 1 ? last : 0)) / total;
      // Nothing but the rest in the last bin: Q has nothing there.
      if (p > 0 && counts[bin] === 0) return Infinity;
      if (p > 0) divergence += p * Math.log(p / q);
    }
  }
  return divergence;
}

function sum(values: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i];
  return total;
}
