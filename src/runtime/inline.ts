/** The runtime with the core build inside the script: nothing else is fetched but the model. */
import core from './inlined/core.js';
import { loadInlined, type InlineOptions } from './load-inlined.js';
import type { Model } from './model.js';
import { fetchBytes, type Source } from './source.js';

export { LopperError } from './errors.js';
export type { InlineOptions } from './load-inlined.js';
export type { Model, NodeProfile, TensorInfo, Values } from './model.js';
export type { Source } from './source.js';

/**
 * Loads a `.lop` model on one thread.
 * @param source the file's bytes, a Response, or its address
 * @throws LopperError for a file that cannot be had or is not a good one, with the code `build` for one that needs `inline-full`;
 *   TypeError, RangeError for wrong options.
 */
export function load(source: Source, options?: InlineOptions): Promise<Model> {
  return loadInlined(core, fetchBytes, source, options);
}
