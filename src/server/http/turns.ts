/** Requests that are answered between two looks at the network. */
const AT_ONCE = 4;

/**
 * Lets a few through at a time, first come first. libuv accepts one connection each time round its loop (since 1.45), so a round that
 * answers a thousand requests would keep the next client waiting for all of them, and the one after it for as long again.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #begin = 0;
  #scheduled = false;

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#let());
  }

  #let(): void {
    this.#scheduled = false;
    const end = Math.min(this.#begin + AT_ONCE, this.#waiting.length);
    while (this.#begin < end) this.#waiting[this.#begin++]();
    if (this.#begin < this.#waiting.length) this.#schedule();
    if (this.#begin > 1024 || this.#begin === this.#waiting.length) {
      this.#waiting.splice(0, this.#begin);
      this.#begin = 0;
    }
  }
}
