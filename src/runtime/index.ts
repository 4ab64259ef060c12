/** The runtime for browsers, edge workers and bundlers. */
import { loadWith, type LoadOptions } from './load.js';
import type { Model } from './model.js';
import { fetchBytes, type Source } from './source.js';

export { LopperError } from './errors.js';
export type { LoadOptions } from './load.js';
export type { Model, NodeProfile, TensorInfo, Values } from './model.js';
export type { Source } from './source.js';

/**
 * Loads a `.lop` model.
 * @param source the file's bytes, a Response, or its address
 * @throws LopperError for a file that cannot be had or is not a good one; TypeError, RangeError for wrong options.
 */
export function load(source: Source, options?: LoadOptions): Promise<Model> {
  return loadWith(
    {
      fetch: fetchBytes,
      readModel: fetchBytes,
      // All names written out: bundlers find files by this pattern.
      wasmUrl: (build, full) =>
        build === 'simd128'
          ? full
            ? new URL('../wasm/lopper-simd128-full.wasm', import.meta.url)
            : new URL('../wasm/lopper-simd128.wasm', import.meta.url)
          : full
            ? new URL('../wasm/lopper-relaxed-simd-full.wasm', import.meta.url)
            : new URL('../wasm/lopper-relaxed-simd.wasm', import.meta.url),
    },
    source,
    options,
  );
}
