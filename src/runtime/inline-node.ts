/** The runtime with the core build inside the script: for Node, which reads files too. */
import core from './inlined/core.js';
import { readAddress } from './files.js';
import { loadInlined, type InlineOptions } from './load-inlined.js';
import type { Model } from './model.js';
import type { Source } from './source.js';

export { LopperError } from './errors.js';
export type { InlineOptions } from './load-inlined.js';
export type { Model, NodeProfile, TensorInfo, Values } from './model.js';
export type { Source } from './source.js';

/**
 * Loads a `.lop` model on one thread.
 * @param source the file's bytes, a path or file: URL, an http(s) address, or a Response
 * @throws LopperError for a file that cannot be had or is not a good one, with the code `build` for one that needs `inline-full`;
 *   TypeError, RangeError for wrong options.
 */
export function load(source: Source, options?: InlineOptions): Promise<Model> {
  return loadInlined(core, readAddress, source, options);
}
