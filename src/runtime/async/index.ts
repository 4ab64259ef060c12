/** The entry `lopper/worker` for browsers and bundlers: a model that runs off the calling thread. */
import { load } from '../index.js';
import type { Source } from '../source.js';
import { loadWorkerWith, type WorkerOptions } from './load.js';
import type { AsyncModel } from './model.js';
import { portTo } from './page-port.js';

export { LopperError } from '../errors.js';
export type { NodeProfile, TensorInfo, Values } from '../model.js';
export type { Source } from '../source.js';
export type { WorkerOptions } from './load.js';
export type { AsyncModel, RunOptions } from './model.js';

function start(script?: URL | string): Worker {
  return script
    ? new Worker(script, { type: 'module' })
    : new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

/**
 * Loads a `.lop` model into a worker of its own; where none can be started, on the calling thread (`offThread` says which).
 * @param source the file's bytes, which are copied, a Response, or its address
 * @throws LopperError for a file that cannot be had or is not a good one; TypeError, RangeError for wrong options.
 */
export function loadWorker(source: Source, options?: WorkerOptions): Promise<AsyncModel> {
  return loadWorkerWith(
    {
      load,
      openPort: async (listener, script) => portTo(() => start(script), listener),
      absolute: (address) => new URL(address, globalThis.location?.href).href,
    },
    source,
    options,
  );
}
