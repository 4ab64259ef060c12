/** The threads of one model beside its caller's: workers with an instance of the module each, all on one memory. */

/** What a host's worker must do; it hears `Orders`, then `Share`, and answers once to the first. */
export interface Helper {
  post(message: Orders | Share): void;
  /** Ends it, whatever it does. */
  end(): void;
}

/** Starts a worker, which calls one of both once. */
export type StartWorker = (ready: () => void, failed: (cause: unknown) => void) => Helper;

/** A page's worker that was just made. */
export function pageHelper(worker: Worker, ready: () => void, failed: (cause: unknown) => void): Helper {
  worker.addEventListener('message', ready, { once: true });
  worker.addEventListener('error', failed, { once: true });
  return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
}

export interface Orders {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
}

/** Which part of each run a worker is to take, 1 to `parts - 1`. */
export interface Share {
  part: number;
  parts: number;
}

const PAGE = 65536;
const MOST_PAGES = 65536;
/** More threads bring nothing. */
const MOST_THREADS = 16;

/** Whether memory can be shared with workers: in pages only where they are cross-origin isolated. */
export function canShare(): boolean {
  return typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;
}

export class Crew {
  private constructor(
    readonly memory: WebAssembly.Memory,
    private readonly helpers: readonly Helper[],
  ) {}

  /**
   * Starts workers for a model of so many bytes at most. Each makes its instance, which writes the module's static data, before the
   * caller makes its own and loads the model.
   * @throws whatever keeps a worker from starting
   */
  static async start(
    startWorker: StartWorker,
    module: WebAssembly.Module,
    threads: number,
    bytes: number,
  ): Promise<Crew> {
    const maximum = Math.min(MOST_PAGES, Math.ceil(bytes / PAGE) + 2);
    const memory = new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    const helpers: Helper[] = [];
    try {
      const started = Array.from(
        { length: Math.min(threads, MOST_THREADS) - 1 },
        () => new Promise<void>((ready, failed) => helpers.push(startWorker(ready, failed))),
      );
      for (const helper of helpers) helper.post({ module, memory });
      await Promise.all(started);
      return new Crew(memory, helpers);
    } catch (cause) {
      for (const helper of helpers) helper.end();
      throw cause;
    }
  }

  get threads(): number {
    return this.helpers.length + 1;
  }

  /** The model is loaded: all wait for its runs from now on. */
  begin(): void {
    const parts = this.threads;
    this.helpers.forEach((helper, i) => helper.post({ part: i + 1, parts }));
  }

  end(): void {
    for (const helper of this.helpers) helper.end();
  }
}
