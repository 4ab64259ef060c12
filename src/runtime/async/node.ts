/** The entry `lopper/worker` for Node: as index.ts. */
import { Worker } from 'node:worker_threads';
import { built } from '../built.js';
import { load } from '../node.js';
import type { Source } from '../source.js';
import { loadWorkerWith, type WorkerOptions } from './load.js';
import type { AsyncModel } from './model.js';
import type { Reply } from './messages.js';
import type { Listener, Port } from './port.js';

export { LopperError } from '../errors.js';
export type { NodeProfile, TensorInfo, Values } from '../model.js';
export type { Source } from '../source.js';
export type { WorkerOptions } from './load.js';
export type { AsyncModel, RunOptions } from './model.js';

function openPort(listener: Listener, script?: URL | string): Promise<Port> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script ?? built('runtime/async/node-worker.js'), { execArgv: [] });
    let started = false;
    let ending = false;
    const gone = (cause: unknown): void => {
      if (!started) reject(cause);
      else if (!ending) listener.lost(cause);
    };
    worker.on('error', gone);
    worker.on('exit', (code) => gone(new Error(`exit code ${code}`)));
    worker.on('message', (message: Reply | 'ready') => {
      if (message !== 'ready') return listener.reply(message);
      started = true;
      resolve({
        offThread: true,
        send: (order, transfer) => worker.postMessage(order, transfer),
        busy: (is) => (is ? worker.ref() : worker.unref()),
        end() {
          ending = true;
          void worker.terminate();
        },
      });
    });
  });
}

/**
 * Loads a `.lop` model into a worker of its own; where none can be started, on the calling thread (`offThread` says which). An idle worker
 * does not keep the process alive.
 * @param source the file's bytes, which are copied, a path or file: URL, an http(s) address, or a Response
 * @throws LopperError for a file that cannot be had or is not a good one; TypeError, RangeError for wrong options.
 */
export function loadWorker(source: Source, options?: WorkerOptions): Promise<AsyncModel> {
  return loadWorkerWith({ load, openPort, absolute: String }, source, options);
}
