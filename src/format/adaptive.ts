/** Reciprocals of n + 1.5 in 65536ths. */
const RECIPROCALS = Uint32Array.from({ length: 1024 }, (_, n) => Math.floor(131072 / (2 * n + 3)));

/**
 * Probabilities of a 1 that follow the bits seen: after n bits a new one moves the probability by 1 / (n + 1.5), so that
 * a few bits suffice, and from `limit` bits on by a fixed share, so that it can follow a drift.
 * A state holds the probability in its upper 22 bits and n in its lower 10.
 */
export class Adaptive {
  readonly #states: Uint32Array;

  constructor(
    size: number,
    readonly limit: number,
  ) {
    this.#states = new Uint32Array(size).fill(0x80000000);
  }

  /** The probability of a 1 in 65536ths. */
  p1(context: number): number {
    return this.#states[context] >>> 16;
  }

  update(context: number, bit: number): void {
    const state = this.#states[context];
    const n = state & 1023;
    const p = state >>> 10;
    // Below 2^38: exact in a double, as is the division by a power of two; floor is the arithmetic shift of the runtime.
    const moved = p + Math.floor(((bit ? 4194304 - p : -p) * RECIPROCALS[n]) / 65536);
    this.#states[context] = ((moved << 10) | (n < this.limit ? n + 1 : n)) >>> 0;
  }
}
