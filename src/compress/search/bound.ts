import type { Bound } from './schema.js';

/** What a trial found. */
export interface Measures {
  /** Of the file. */
  bytes: number;
  /** On the validation samples, in [0, 1]. */
  accuracy: number;
  /** ms of an inference by the cost model; absent where no costs were measured. */
  latency?: number;
}

/** Of the dense original: bytes as f32. */
export type Reference = Measures;

/** How well something does: less is better in both. */
export interface Fitness {
  /** How far it is beyond the bound, as a share of it; 0 where it holds. */
  violation: number;
  objective: number;
}

/** A bound and what is best within it, as numbers. */
export class Goal {
  readonly #bound: Bound;
  readonly #minimize: 'bytes' | 'latency';
  readonly #reference: Reference;

  /** @throws RangeError where latency counts and was not measured */
  constructor(bound: Bound, minimize: 'bytes' | 'latency', reference: Reference) {
    this.#bound = bound;
    this.#minimize = minimize;
    this.#reference = reference;
    if (this.usesLatency && reference.latency === undefined)
      throw new RangeError('search.bound: expected measured layer costs for a search by latency, got none');
  }

  get usesLatency(): boolean {
    return 'latency' in this.#bound || ('accuracy' in this.#bound && this.#minimize === 'latency');
  }

  /** The least accuracy that holds; undefined where the bound is of size or time. */
  get leastAccuracy(): number | undefined {
    if (!('accuracy' in this.#bound)) return undefined;
    const { drop, least } = this.#bound.accuracy;
    return least ?? this.#reference.accuracy - drop! / 100;
  }

  /** Bytes or ms: the coordinate beside accuracy. */
  costOf(measures: Measures): number {
    return this.usesLatency ? measures.latency! : measures.bytes;
  }

  /** The most bytes or ms that hold; undefined where the bound is of accuracy. */
  get mostCost(): number | undefined {
    const bound = this.#bound;
    const { bytes, latency } = this.#reference;
    if ('bytes' in bound) return bound.bytes;
    if ('ratio' in bound) return bytes / bound.ratio;
    if ('latency' in bound) return bound.latency.ms ?? latency! * bound.latency.ratio!;
    return undefined;
  }

  /** @param slack added to the accuracy: what a short training is behind a whole one */
  fitness(measures: Measures, slack = 0): Fitness {
    const least = this.leastAccuracy;
    const cost = this.costOf(measures);
    if (least !== undefined)
      return { violation: Math.max(0, (least - slack - measures.accuracy) / least), objective: cost };
    return { violation: Math.max(0, cost / this.mostCost! - 1), objective: -measures.accuracy };
  }
}

/** Feasible before infeasible, of the infeasible the nearer, else the better objective (Deb 2000). */
export function compareFitness(a: Fitness, b: Fitness): number {
  return a.violation - b.violation || a.objective - b.objective;
}
