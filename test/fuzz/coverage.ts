/** One counter an edge, how often it was taken while a file was read (mod 256 or at most 255). */
export type Edges = Uint8Array;

/** AFL's classes of counts, a bit each: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more. */
const CLASS = Uint8Array.from({ length: 256 }, (_, count) => {
  const least = [1, 2, 3, 4, 8, 16, 32, 128];
  const index = least.findLastIndex((from) => count >= from);
  return index < 0 ? 0 : 1 << index;
});

/** What all files so far have reached. */
export class Coverage {
  readonly #seen: Uint8Array;
  /** Edges taken by any file. */
  edges = 0;

  constructor(readonly counters: Edges) {
    this.#seen = new Uint8Array(counters.length);
  }

  /** Edges that there are. */
  get all(): number {
    return this.counters.length;
  }

  /** True where the counters hold an edge, or a class of counts, that no file has reached before. */
  look(): boolean {
    let isNew = false;
    for (let at = 0; at < this.counters.length; at++) {
      const count = this.counters[at];
      if (count === 0) continue;
      const known = this.#seen[at];
      if ((CLASS[count] & ~known) === 0) continue;
      if (known === 0) this.edges++;
      this.#seen[at] = known | CLASS[count];
      isNew = true;
    }
    return isNew;
  }

  /** What the counters hold: a number for each edge and class of its count. */
  features(): Uint32Array {
    const features = [];
    for (let at = 0; at < this.counters.length; at++)
      if (this.counters[at] !== 0) features.push(8 * at + 31 - Math.clz32(CLASS[this.counters[at]]));
    return Uint32Array.from(features);
  }

  clear(): void {
    this.counters.fill(0);
  }
}
