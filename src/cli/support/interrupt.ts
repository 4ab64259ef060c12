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
