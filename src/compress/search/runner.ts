import type { TrialBench, TrialOrder, TrialOutcome, TrialRunOptions } from './trial.js';

/** Where trials run: in this thread, in worker threads, on other machines. */
export interface TrialRunner {
  /** May be called for many orders at once; the runner has them wait. Rejects where the machinery fails, not the recipe. */
  run(order: TrialOrder, options?: TrialRunOptions): Promise<TrialOutcome>;
  /** Ends threads and connections; what still runs is dropped. */
  close(): Promise<void>;
}

/** One trial after the other, in this thread. */
export function inProcess(bench: TrialBench): TrialRunner {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (order, options) => {
      const next = last.then(() => {
        options?.signal?.throwIfAborted();
        return bench.run(order, options);
      });
      last = next.catch(() => undefined);
      return next;
    },
    close: async () => undefined,
  };
}
