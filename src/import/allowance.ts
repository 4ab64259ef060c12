/** Bounds the constants that an import computes: a hostile model of a few bytes asks for gigabytes, or for minutes. */
import { ImportError } from './errors.js';
import type { ConstantData } from './values.js';

/** Elements that a model may describe without holding any: position codes, masks and anchors of real models have fewer, 2^22 at most. */
const FREE = 2 ** 23;
/** And for each element that it holds: a weight goes through some operators before it is one of the graph's. */
const EACH = 16;

export class Allowance {
  #left = FREE;
  readonly #seen = new WeakSet<ConstantData>();

  /**
   * Takes `count` elements off what is left; constants not seen before add to it.
   * @throws ImportError where no more are left
   */
  take(name: string, count: number, from: readonly ConstantData[] = []): void {
    for (const data of from) {
      if (!this.#seen.has(data)) this.#left += EACH * data.length;
      this.#seen.add(data);
    }
    if (!(count >= 0 && count <= this.#left))
      throw new ImportError(
        'value',
        `${name}: expected at most ${Math.floor(this.#left)} more elements of constants that are computed, got ${count}`,
      );
    this.#left -= count;
  }

  /** `data` was computed: it adds nothing. */
  made<T extends ConstantData>(data: T): T {
    this.#seen.add(data);
    return data;
  }
}
