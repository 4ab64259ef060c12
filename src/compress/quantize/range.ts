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

/** Sees batches of one activation, tells its range. */
export interface Observer {
  observe(values: Float32Array): void;
  range(): Range;
}

/** Everything that was seen. */
export class MinMaxObserver implements Observer {
  #min = Infinity;
  #max = -Infinity;

  observe(values: Float32Array): void {
    for (const value of values) {
      if (value < this.#min) this.#min = value;
      if (value > this.#max) this.#max = value;
    }
  }

  range(): Range {
    return { min: this.#min, max: this.#max };
  }
}

/** Mean of each of the last axis' channels. */
export class MeanObserver {
  readonly #sums: Float64Array;
  #pixels = 0;

  constructor(channels: number) {
    this.#sums = new Float64Array(channels);
  }

  observe(values: Float32Array): void {
    const sums = this.#sums;
    for (let i = 0, c = 0; i < values.length; i++) {
      sums[c] += values[i];
      if (++c === sums.length) c = 0;
    }
    this.#pixels += values.length / sums.length;
  }

  means(): Float32Array {
    return Float32Array.from(this.#sums, (sum) => sum / this.#pixels);
  }
}

const BINS = 4096;

/**
 * Leaves out the greatest `100 - percentile` percent of the values, and as many of the least, unless these are 0 as
 * behind relu (McKinstry et al. 2019). Values are counted in 4096 bins over -limit..limit; where one lies outside, limit is
 * doubled and bins are merged two by two, so that one pass is enough and a range is off by a bin at most.
 */
export class PercentileObserver implements Observer {
  readonly #tail: number;
  readonly #counts = new Float64Array(BINS);
  readonly #seen = new MinMaxObserver();
  #limit = 0;
  #total = 0;

  constructor(percentile: number) {
    this.#tail = 1 - percentile / 100;
  }

  observe(values: Float32Array): void {
    this.#seen.observe(values);
    const { min, max } = this.#seen.range();
    this.#cover(Math.max(-min, max));
    const perUnit = BINS / (2 * this.#limit);
    for (const value of values) {
      this.#counts[Math.min(BINS - 1, Math.floor((value + this.#limit) * perUnit))]++;
    }
    this.#total += values.length;
  }

  range(): Range {
    const { min, max } = this.#seen.range();
    const width = (2 * this.#limit) / BINS;
    const least = this.#edge((bin) => bin);
    const greatest = this.#edge((bin) => BINS - 1 - bin);
    return {
      min: min >= 0 ? min : Math.max(min, least * width - this.#limit),
      max: max <= 0 ? max : Math.min(max, (BINS - greatest) * width - this.#limit),
    };
  }

  /** How many bins from one end hold no more than the tail. */
  #edge(at: (bin: number) => number): number {
    // 1 - 99.9 / 100 is a little less than a thousandth: without the margin a value too many would stay.
    const allowed = this.#tail * this.#total + 1e-6;
    let bins = 0;
    let sum = this.#counts[at(0)];
    while (sum <= allowed && bins < BINS - 1) sum += this.#counts[at(++bins)];
    return bins;
  }

  #cover(magnitude: number): void {
    if (this.#limit === 0) this.#limit = magnitude > 0 ? magnitude : Number.MIN_VALUE * 2 ** 60;
    while (magnitude > this.#limit) {
      const wide = new Float64Array(BINS);
      for (let bin = 0; bin < BINS; bin++) wide[BINS / 4 + (bin >> 1)] += this.#counts[bin];
      this.#counts.set(wide);
      this.#limit *= 2;
    }
  }
}
