import { setMaxListeners } from 'node:events';
import { InterruptedError } from './errors.js';

/**
 * Runs `work` so that the first Ctrl-C (or SIGTERM) aborts its signal with what `advice` says to do next; a second one
 * ends the process at once.
 */
export async function interruptible<T>(
  advice: () => string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // one for each trial that waits
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void =>
    controller.abort(new InterruptedError(`stopped; ${advice()}`, signal));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** The work's result; rejects at once where the signal aborts. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
