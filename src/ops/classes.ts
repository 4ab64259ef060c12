/** Numbers 0..n-1 in classes that are joined (union-find, Tarjan 1975, with path halving). */
export class Classes {
  readonly #parent: number[];

  constructor(count: number) {
    this.#parent = Array.from({ length: count }, (_, i) => i);
  }

  /** One more number, in a class of its own. */
  add(): number {
    return this.#parent.push(this.#parent.length) - 1;
  }

  /** The class of `i`: its least member. */
  of(i: number): number {
    const parent = this.#parent;
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  }

  join(a: number, b: number): void {
    const [low, high] = [this.of(a), this.of(b)].sort((p, q) => p - q);
    this.#parent[high] = low;
  }

  count(): number {
    return this.#parent.filter((parent, i) => parent === i).length;
  }
}
