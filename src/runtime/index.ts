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
      // Both names in full: bundlers find files by this pattern.
      wasmUrl: (build) =>
        build === 'simd128'
          ? new URL('../wasm/lopper-simd128.wasm', import.meta.url)
          : new URL('../wasm/lopper-relaxed-simd.wasm', import.meta.url),
    },
    source,
    options,
  );
}
