/** A thread that computes gradients of shards: see crew.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { selectBackend } from '../backend.js';
import type { Parameter } from '../parameters.js';
import { Trainer } from '../trainer.js';
import type { Reply, Start, Task } from './messages.js';

const { graph, options, backend, weights } = workerData as Start;
const port = parentPort!;
const reply = (message: Reply): void => port.postMessage(message);

await selectBackend({ prefer: backend });
const trainer = new Trainer(graph, options);

port.on('message', ({ step, shard, count, x, y, gradients }: Task) => {
  readArrays([...trainer.parameters.values()], weights);
  trainer.step = step;
  const batch = { x: new Float32Array(x), y, count };
  const { score, values, statistics } = trainer.gradients(batch, shard);
  const target = new Float32Array(gradients);
  let at = 0;
  for (const value of values) {
    target.set(value, at);
    at += value.length;
  }
  reply({ type: 'done', score, statistics });
});
reply({ type: 'ready' });

function readArrays(parameters: readonly Parameter[], buffer: SharedArrayBuffer): void {
  let offset = 0;
  for (const { values } of parameters) {
    values.set(new Float32Array(buffer, offset, values.length));
    offset += values.byteLength;
  }
}
