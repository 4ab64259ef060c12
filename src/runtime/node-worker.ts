/** Entry of a worker in Node. */
import { parentPort } from 'node:worker_threads';
import { hear } from './part.js';

parentPort!.on(
  'message',
  hear(() => parentPort!.postMessage(0)),
);
