/** How Node reads what is at an address: files too. */
import { readFile } from 'node:fs/promises';
import { LopperError } from './errors.js';
import { fetchBytes } from './source.js';

/** @throws LopperError `read` or `fetch` */
export async function readAddress(
  address: URL | string,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
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
