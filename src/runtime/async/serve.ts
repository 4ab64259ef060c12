/** The side of a worker in a page. */
import { answering, type Load } from './answer.js';
import type { Order } from './messages.js';
import { READY } from './page-port.js';

export function serve(load: Load): void {
  const answer = answering(load, (reply, transfer) => postMessage(reply, { transfer }));
  addEventListener('message', ({ data }: MessageEvent<Order>) => void answer(data));
  postMessage(READY);
}
