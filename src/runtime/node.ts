/** The runtime for Node: as index.ts, and reads files. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { LopperError } from './errors.js';
import { loadWith, type LoadOptions } from './load.js';
import type { Model } from './model.js';
import { fetchBytes, type Source } from './source.js';

export { LopperError } from './errors.js';
export type { LoadOptions } from './load.js';
export type { Model, NodeProfile, TensorInfo, Values } from './model.js';
export type { Source } from './source.js';

/** Beside this package's JavaScript; the second is where `npm run build` puts it, for whoever runs the sources. */
const FOLDERS = ['../wasm/', '../../dist/wasm/'].map((folder) => new URL(folder, import.meta.url));

async function readAddress(address: URL | string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const remote = /^(https?|data|blob):/i.test(String(address));
  if (remote) return fetchBytes(address, signal);
  try {
    const path = typeof address === 'string' && address.startsWith('file:') ? new URL(address) : address;
    return new Uint8Array(await readFile(path, { signal }));
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const message = `${address}: expected a readable file, got ${(cause as Error).message}; check the path`;
    throw new LopperError('read', message, { cause });
  }
}

/**
 * Loads a `.lop` model.
 * @param source the file's bytes, a path or file: URL, an http(s) address, or a Response
 * @throws LopperError for a file that cannot be had or is not a good one; TypeError, RangeError for wrong options.
 */
export function load(source: Source, options?: LoadOptions): Promise<Model> {
  return loadWith(
    {
      fetch: readAddress,
      readModel: readAddress,
      wasmUrl: (build, full) => {
        const name = `lopper-${build}${full ? '-full' : ''}.wasm`;
        const urls = FOLDERS.map((folder) => new URL(name, folder));
        return urls.find((url) => existsSync(url)) ?? urls[0];
      },
    },
    source,
    options,
  );
}
