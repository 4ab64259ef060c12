/** How often values fall into bins of equal width from `-limit` to `limit`, as shares of all. */
export interface Histogram {
  limit: number;
  shares: number[];
  count: number;
}

/** Shares of `values` in `bins` bins; what lies beyond `limit` counts in the outermost. */
export function histogramOf(values: ArrayLike<number>, limit: number, bins: number): Histogram {
  const counts = new Float64Array(bins);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor(((values[i] + limit) / (2 * limit)) * bins);
    counts[Math.max(0, Math.min(bins - 1, bin))]++;
  }
  const shares = Array.from(counts, (n) => (values.length === 0 ? 0 : n / values.length));
  return { limit, shares, count: values.length };
}

export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}
