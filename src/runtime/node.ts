/** The runtime for Node: as index.ts, and reads files. */
import { Worker } from 'node:worker_threads';
import { fileOf } from './builds.js';
import { built } from './built.js';
import type { Helper } from './crew.js';
import { readAddress } from './files.js';
import { loadWith, type LoadOptions } from './load.js';
import type { Model } from './model.js';
import type { Source } from './source.js';

export { LopperError } from './errors.js';
export type { LoadOptions } from './load.js';
export type { Model, NodeProfile, TensorInfo, Values } from './model.js';
export type { Source } from './source.js';

/** Nothing but its thread waits for a worker once it is ready: it does not keep the process alive. */
function startWorker(ready: () => void, failed: (cause: unknown) => void): Helper {
  const worker = new Worker(built('runtime/node-worker.js'), { execArgv: [] });
  worker.once('message', () => {
    worker.unref();
    ready();
  });
  worker.once('error', failed);
  worker.once('exit', failed);
  return { post: (message) => worker.postMessage(message), end: () => void worker.terminate() };
}

/**
 * Loads a `.lop` model.
 * @param source the file's bytes, a path or file: URL, an http(s) address, or a Response
 * @throws LopperError for a file that cannot be had or is not a good one; TypeError, RangeError for wrong options.
 */
export function load(source: Source, options?: LoadOptions): Promise<Model> {
  return loadWith(
    {
      compile: async (url, signal) => WebAssembly.compile(await readAddress(url, signal)),
      readModel: readAddress,
      wasmUrl: (build, kind) => built(`wasm/${fileOf(build, kind)}`),
      startWorker,
    },
    source,
    options,
  );
}
