/** Entry of a model's worker in Node. */
import { parentPort } from 'node:worker_threads';
import { load } from '../node.js';
import { answering } from './answer.js';

const port = parentPort!;
port.on(
  'message',
  answering(load, (reply, transfer) => port.postMessage(reply, transfer)),
);
port.postMessage('ready');
