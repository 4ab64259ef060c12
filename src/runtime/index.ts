/** The runtime for browsers, edge workers and bundlers. */
import { pageHelper, type StartWorker } from './crew.js';
import { loadWith, type Kind, type LoadOptions } from './load.js';
import type { Model } from './model.js';
import type { Build } from './module.js';
import { fetchBytes, fetchModule, type Source } from './source.js';

export { LopperError } from './errors.js';
export type { LoadOptions } from './load.js';
export type { Model, NodeProfile, TensorInfo, Values } from './model.js';
export type { Source } from './source.js';

/** All names written out: bundlers find files by this pattern. */
function wasmUrl(build: Build, kind: Kind): URL {
  const relaxed = build === 'relaxed-simd';
  if (kind === 'core') return new URL('../wasm/lopper-simd128.wasm', import.meta.url);
  if (kind === 'all') return new URL('../wasm/lopper-simd128-all.wasm', import.meta.url);
  if (kind === 'full')
    return relaxed
      ? new URL('../wasm/lopper-relaxed-simd.wasm', import.meta.url)
      : new URL('../wasm/lopper-simd128-full.wasm', import.meta.url);
  return relaxed
    ? new URL('../wasm/lopper-relaxed-simd-threads.wasm', import.meta.url)
    : new URL('../wasm/lopper-simd128-threads.wasm', import.meta.url);
}

const startWorker: StartWorker = (ready, failed) =>
  pageHelper(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }), ready, failed);

/**
 * Loads a `.lop` model.
 * @param source the file's bytes, a Response, or its address
 * @throws LopperError for a file that cannot be had or is not a good one; TypeError, RangeError for wrong options.
 */
export function load(source: Source, options?: LoadOptions): Promise<Model> {
  return loadWith(
    {
      compile: fetchModule,
      readModel: fetchBytes,
      wasmUrl,
      startWorker,
    },
    source,
    options,
  );
}
