/** Workers of pages. */
import type { Reply } from './messages.js';
import type { Listener, Port } from './port.js';

/** What `serve` sends once it listens. */
export const READY = 'ready';

/** Waits for the worker's script. @throws whatever keeps it from starting */
export function portTo(start: () => Worker, listener: Listener): Promise<Port> {
  return new Promise((resolve, reject) => {
    const worker = start();
    let started = false;
    const end = (): void => worker.terminate();
    const send: Port['send'] = (order, transfer) => worker.postMessage(order, transfer);
    worker.addEventListener('error', (event) => {
      end();
      if (started) listener.lost(event);
      else reject(new Error(event.message));
    });
    worker.addEventListener('message', ({ data }: MessageEvent<Reply | typeof READY>) => {
      if (data !== READY) return listener.reply(data);
      started = true;
      resolve({ offThread: true, send, busy: () => {}, end });
    });
  });
}
