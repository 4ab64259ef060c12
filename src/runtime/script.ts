/**
 * The runtime as one script that finds builds and `lopper-worker.js` beside itself: scripts/build-runtime.mjs bundles it, as a
 * module and, with `import.meta.url` replaced, for the script tag.
 */
import { loadWorkerWith, type WorkerOptions } from './async/load.js';
import type { AsyncModel } from './async/model.js';
import { portTo } from './async/page-port.js';
import { fileOf } from './builds.js';
import { pageHelper, type StartWorker } from './crew.js';
import { loadWith, type LoadOptions } from './load.js';
import type { Model } from './model.js';
import { fetchBytes, fetchModule, type Source } from './source.js';

export type { WorkerOptions } from './async/load.js';
export type { AsyncModel, RunOptions } from './async/model.js';
export { LopperError } from './errors.js';
export type { LoadOptions } from './load.js';
export type { Model, NodeProfile, TensorInfo, Values } from './model.js';
export type { Source } from './source.js';

const beside = (file: string): URL => new URL(file, import.meta.url);

const startWorker: StartWorker = (ready, failed) =>
  pageHelper(new Worker(beside('lopper-worker.js')), ready, failed);

/** As `load` of the package's main entry. */
export function load(source: Source, options?: LoadOptions): Promise<Model> {
  return loadWith(
    {
      compile: fetchModule,
      readModel: fetchBytes,
      wasmUrl: (build, kind) => beside(fileOf(build, kind)),
      startWorker,
    },
    source,
    options,
  );
}

const startModel = (script: URL | string = beside('lopper-model-worker.js')): Worker => new Worker(script);

/** As `loadWorker` of the entry `lopper/worker`. */
export function loadWorker(source: Source, options?: WorkerOptions): Promise<AsyncModel> {
  return loadWorkerWith(
    {
      load,
      openPort: async (listener, script) => portTo(() => startModel(script), listener),
      absolute: (address) => new URL(address, globalThis.location?.href).href,
    },
    source,
    options,
  );
}
