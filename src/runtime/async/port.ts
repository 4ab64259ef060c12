/** The way to a model's thread, as hosts have it. */
import { answering, type Load } from './answer.js';
import type { Order, Reply } from './messages.js';

export interface Port {
  /** False where it is the calling thread. */
  readonly offThread: boolean;
  send(order: Order, transfer: ArrayBuffer[]): void;
  /** Whether an answer is awaited: only then it keeps a process alive. */
  busy(is: boolean): void;
  end(): void;
}

export interface Listener {
  reply(reply: Reply): void;
  /** The worker is gone, without having been told to. */
  lost(cause: unknown): void;
}

/** Opens the way; rejects where there are no workers, or this one does not start. */
export type OpenPort = (listener: Listener, script?: URL | string) => Promise<Port>;

/** The calling thread in the place of a worker. */
export function localPort(load: Load, listener: Listener): Port {
  const answer = answering(load, (reply) => listener.reply(reply));
  return { offThread: false, send: (order) => void answer(order), busy: () => {}, end: () => {} };
}
