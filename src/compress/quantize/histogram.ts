const BINS = 4096;

/**
 * Counts values in 4096 bins over -limit..limit, in one pass and 32 KB: where a value lies outside, limit is doubled and bins are
 * merged two by two. Zeros are counted apart, because int8 has them exactly.
 */
export class Histogram {
  readonly counts = new Float64Array(BINS);
  /** Least and greatest value. */
  min = Infinity;
  max = -Infinity;
  zeros = 0;
  /** Values, zeros among them. */
  total = 0;
  /** Bin i is `-limit + i * width` up to the next one's start. */
  limit = 0;

  get width(): number {
    return (2 * this.limit) / BINS;
  }

  add(values: Float32Array): void {
    for (const value of values) {
      if (value < this.min) this.min = value;
      if (value > this.max) this.max = value;
    }
    this.#cover(Math.max(-this.min, this.max));
    const perUnit = BINS / (2 * this.limit);
    for (const value of values) {
      if (value === 0) this.zeros++;
      else this.counts[Math.min(BINS - 1, Math.floor((value + this.limit) * perUnit))]++;
    }
    this.total += values.length;
  }

  #cover(magnitude: number): void {
    if (this.limit === 0) this.limit = magnitude > 0 ? magnitude : Number.MIN_VALUE * 2 ** 60;
    while (magnitude > this.limit) {
      const wide = new Float64Array(BINS);
      for (let bin = 0; bin < BINS; bin++) wide[BINS / 4 + (bin >> 1)] += this.counts[bin];
      this.counts.set(wide);
      this.limit *= 2;
    }
  }
}
