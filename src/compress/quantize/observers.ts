import { Histogram } from './histogram.js';
import { klRange, mseRange, percentileRange } from './clip.js';
import type { Range } from './range.js';

/** How the range of an activation is chosen from the values that are seen. */
export type Calibration = 'minmax' | 'percentile' | 'mse' | 'kl';

export interface ObserverOptions {
  calibration: Calibration;
  /** In (50, 100]. */
  percentile?: number;
  /** Of activations, 7 or 8. Default 8. */
  bits?: number;
}

/** Sees batches of one activation, tells its range. */
export interface Observer {
  observe(values: Float32Array): void;
  range(): Range;
}

export function createObserver({ calibration, percentile = 99.99, bits = 8 }: ObserverOptions): Observer {
  if (calibration === 'minmax') return new MinMaxObserver();
  const rules: Record<Exclude<Calibration, 'minmax'>, (histogram: Histogram) => Range> = {
    percentile: (histogram) => percentileRange(histogram, percentile),
    mse: (histogram) => mseRange(histogram, bits),
    kl: (histogram) => klRange(histogram, bits),
  };
  return new HistogramObserver(rules[calibration]);
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

/** What a rule makes of the histogram of all that was seen. */
class HistogramObserver implements Observer {
  readonly #histogram = new Histogram();
  readonly #rule: (histogram: Histogram) => Range;

  constructor(rule: (histogram: Histogram) => Range) {
    this.#rule = rule;
  }

  observe(values: Float32Array): void {
    this.#histogram.add(values);
  }

  range(): Range {
    return this.#rule(this.#histogram);
  }
}

/** Mean, least and greatest value of each of the last axis' channels. */
export class ChannelObserver {
  readonly #sums: Float64Array;
  readonly min: Float32Array;
  readonly max: Float32Array;
  #pixels = 0;

  constructor(channels: number) {
    this.#sums = new Float64Array(channels);
    this.min = new Float32Array(channels).fill(Infinity);
    this.max = new Float32Array(channels).fill(-Infinity);
  }

  observe(values: Float32Array): void {
    const [sums, min, max] = [this.#sums, this.min, this.max];
    for (let i = 0, c = 0; i < values.length; i++) {
      const value = values[i];
      sums[c] += value;
      if (value < min[c]) min[c] = value;
      if (value > max[c]) max[c] = value;
      if (++c === sums.length) c = 0;
    }
    this.#pixels += values.length / sums.length;
  }

  means(): Float32Array {
    return Float32Array.from(this.#sums, (sum) => sum / this.#pixels);
  }
}
