/** Workers of pages. */
import type { Reply } from './messages.js';
import type { Listener, Port } from './port.js';

/** What `serve` sends once it listens. */
export const READY = 'ready';

/** Waits for the worker's script. @throws whatever keeps it from starting */
export function portTo(start: () => Worker, { reply, lost }: Listener): Promise<Port> {
  return new Promise((resolve, reject) => {
    const worker = start();
    const end = (): void => worker.terminate();
    worker.addEventListener('error', (event) => {
      end();
      reject(new Error(event.message));
      lost(event);
    });
    worker.addEventListener('message', ({ data }: MessageEvent<Reply | typeof READY>) => {
      if (data !== READY) return reply(data);
      const send: Port['send'] = (order, transfer) => worker.postMessage(order, transfer);
      resolve({ offThread: true, send, busy: () => {}, end });
    });
  });
}
