/** How far two executors are apart. */
import type { Values } from './executor.js';

/** What two executors say of the same samples. */
export interface Difference {
  a: string;
  b: string;
  /** Greatest and mean absolute difference over all values of all outputs. */
  max: number;
  mean: number;
  /** The same, by the greatest magnitude of `a`'s output that the value stands in. */
  max_relative: number;
  mean_relative: number;
  /** Share of samples whose first output has its maximum at the same place, in [0, 1]. */
  agreement: number;
}

/** Adds up differences of two executors, batch by batch. */
export class DifferenceMeter {
  readonly #a: string;
  readonly #b: string;
  readonly #outputs: OutputMeter[] = [];
  #agreed = 0;
  #samples = 0;

  constructor(a: string, b: string) {
    [this.#a, this.#b] = [a, b];
  }

  /** Outputs of `count` samples. @throws RangeError where the two give outputs of other sizes */
  add(a: readonly Values[], b: readonly Values[], count: number): void {
    const sizes = (of: readonly Values[]): string => of.map(({ length }) => length / count).join(', ');
    if (sizes(a) !== sizes(b))
      throw new RangeError(
        `${this.#b}: expected outputs of ${sizes(a)} values as ${this.#a} gives, got ${sizes(b)}; name them with --outputs`,
      );
    a.forEach((values, i) => (this.#outputs[i] ??= new OutputMeter()).add(values, b[i]));
    const [classesA, classesB] = [classesOf(a[0], count), classesOf(b[0], count)];
    this.#agreed += classesA.filter((answer, i) => answer === classesB[i]).length;
    this.#samples += count;
  }

  difference(): Difference {
    const values = this.#outputs.reduce((sum, { count }) => sum + count, 0);
    const worst = (of: (meter: OutputMeter) => number): number => Math.max(...this.#outputs.map(of));
    const mean = (of: (meter: OutputMeter) => number): number =>
      this.#outputs.reduce((sum, meter) => sum + of(meter), 0) / values;
    return {
      a: this.#a,
      b: this.#b,
      max: worst(({ max }) => max),
      mean: mean(({ sum }) => sum),
      max_relative: worst((meter) => meter.max / meter.scale),
      mean_relative: mean((meter) => meter.sum / meter.scale),
      agreement: this.#agreed / this.#samples,
    };
  }
}

/** Differences of one output, or of one layer. */
export class OutputMeter {
  max = 0;
  sum = 0;
  count = 0;
  /** Greatest magnitude of the first one's values; 1 where all are 0. */
  get scale(): number {
    return this.#greatest || 1;
  }
  #greatest = 0;

  /** A value that is not a number on one side only is infinitely far off. */
  add(a: Values, b: Values): void {
    for (let i = 0; i < a.length; i++) {
      const same = Object.is(a[i], b[i]) || a[i] === b[i];
      const apart = same ? 0 : Math.abs(a[i] - b[i]);
      const difference = Number.isNaN(apart) ? Infinity : apart;
      if (difference > this.max) this.max = difference;
      this.sum += difference;
      if (Math.abs(a[i]) > this.#greatest) this.#greatest = Math.abs(a[i]);
    }
    this.count += a.length;
  }
}

/** Where each sample's greatest value stands; the first of equals. */
export function classesOf(scores: ArrayLike<number>, count: number): number[] {
  const classes = scores.length / count;
  return Array.from({ length: count }, (_, sample) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if (scores[sample * classes + c] > scores[sample * classes + best]) best = c;
    return best;
  });
}
