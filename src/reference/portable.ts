/**
 * The entry `lopper/reference`: a `.lop` in plain JavaScript, for engines without WebAssembly (React Native's Hermes).
 * scripts/build-reference.mjs bundles it, without what only training needs.
 */
import { LopError } from '../format/index.js';
import { LopperError } from '../runtime/errors.js';
import { fetchBytes, readSource, type Source } from '../runtime/source.js';
import { loadReference } from './load.js';
import { PlainModel } from './plain-model.js';
import type { PortableModel } from './portable-model.js';

export { LopperError } from '../runtime/errors.js';
export type { NodeProfile, TensorInfo } from '../runtime/model.js';
export type { Source } from '../runtime/source.js';
export type { PortableModel, PortableValues } from './portable-model.js';

/** How the plain reference loads a model. */
export interface ReferenceOptions {
  /** Samples a run, at least 1; inputs and outputs then hold them one after another. Default 1. */
  batch?: number;
  /** Cancels what is being fetched. */
  signal?: AbortSignal;
}

/**
 * Loads a `.lop` model: as the runtime's `load`, and what it gives runs as the runtime's `Model`, slower, with the same bits in int8.
 * @param source the file's bytes, a Response, or its address
 * @throws LopperError for a file that cannot be had or is not a good one; TypeError, RangeError for wrong options.
 */
export async function load(source: Source, options: ReferenceOptions = {}): Promise<PortableModel> {
  const { batch = 1, signal } = options;
  if (!Number.isInteger(batch) || batch < 1)
    throw new RangeError(`batch: expected a whole number of at least 1, got ${batch}`);
  throwIfAborted(signal);
  const bytes = await readSource(source, (address) => fetchBytes(address, signal));
  throwIfAborted(signal);
  return new PlainModel(checked(bytes), batch);
}

/** Hermes' signals may lack `throwIfAborted`. */
function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason ?? new Error('aborted');
}

/** The runtime's error for what is wrong with a file: `graph` where a node does not fit its operator. */
function checked(bytes: Uint8Array): ReturnType<typeof loadReference> {
  try {
    return loadReference(bytes);
  } catch (cause) {
    const { message } = cause as Error;
    const code = cause instanceof LopError ? cause.code : 'graph';
    throw new LopperError(code, `model file: ${message}; write the file again with lopper compress`, {
      cause,
    });
  }
}
