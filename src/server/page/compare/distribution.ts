/** Many runs' latency as one picture: bins, quantiles, median. */

export const BINS = 24;
/** The newest are kept: what a device does now, not what it did while it woke up. */
const KEPT = 600;

export interface Distribution {
  median: number;
  low: number;
  high: number;
  /** Samples in equal bins from the fastest to the 95th percentile, or three medians; slower ones are in the last. */
  counts: number[];
  samples: number;
  inferences: number;
}

/**
 * Whether a median stands for the runs. Where a busy device takes the processor away in about half of the samples, it falls among the
 * undisturbed or among the others by chance: on a machine with eight times more work than cores, two of them gave a ratio of 167 that is 11 when it is quiet.
 */
export const isSteady = ({ median, low }: Pick<Distribution, 'median' | 'low'>): boolean => median <= 2 * low;

const at = (sorted: readonly number[], q: number): number => sorted[Math.floor(q * (sorted.length - 1))];

/** Of samples in ms; `low` and `high` are the 5th and 95th percentile. */
export function distributionOf(samples: readonly number[], inferences: number): Distribution {
  const sorted = samples.toSorted((a, b) => a - b);
  const [first, last] = [sorted[0], Math.min(at(sorted, 0.95), 3 * at(sorted, 0.5))];
  const counts = Array.from({ length: BINS }, () => 0);
  for (const sample of sorted) {
    const bin = last > first ? Math.floor(((sample - first) / (last - first)) * BINS) : 0;
    counts[Math.min(bin, BINS - 1)]++;
  }
  return {
    median: at(sorted, 0.5),
    low: at(sorted, 0.05),
    high: at(sorted, 0.95),
    counts,
    samples: samples.length,
    inferences,
  };
}

/** Gathers samples as they come. */
export class Gathering {
  #samples: number[] = [];
  #inferences = 0;

  add(samples: readonly number[], inferences: number): void {
    this.#samples = [...this.#samples, ...samples].slice(-KEPT);
    this.#inferences += inferences;
  }

  /** Undefined before the first sample. */
  get distribution(): Distribution | undefined {
    return this.#samples.length > 0 ? distributionOf(this.#samples, this.#inferences) : undefined;
  }

  clear(): void {
    this.#samples = [];
    this.#inferences = 0;
  }
}
