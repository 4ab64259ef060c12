/** Where a model file may come from. */
import { LopperError } from './errors.js';

/** The file's bytes, or a response that has them, or its address. */
export type Source = Uint8Array | ArrayBuffer | Response | URL | string;

function checkStatus({ ok, url, status }: Response): void {
  if (ok) return;
  throw new LopperError(
    'fetch',
    `${url || 'response'}: expected status 200, got ${status}; check the address`,
  );
}

/** The body of a response with a good status. */
export async function readResponse(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  checkStatus(response);
  return new Uint8Array(await response.arrayBuffer());
}

/** Fetches `url`; a rejection names the address and keeps its cause. */
async function fetched<T>(
  url: URL | string,
  signal: AbortSignal | undefined,
  read: (response: Response) => T,
): Promise<Awaited<T>> {
  try {
    return await read(await fetch(url, { signal }));
  } catch (cause) {
    if (signal?.aborted || cause instanceof LopperError) throw cause;
    const message = `${url}: expected a response, got ${cause}; check address and network`;
    throw new LopperError('fetch', message, { cause });
  }
}

export const fetchBytes = (url: URL | string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> =>
  fetched(url, signal, readResponse);

/** Compiled while it comes, where the server says that it is wasm. */
export async function fetchModule(url: URL, signal?: AbortSignal): Promise<WebAssembly.Module> {
  const response = await fetched(url, signal, (it) => (checkStatus(it), it));
  const isWasm = response.headers.get('Content-Type') === 'application/wasm';
  return isWasm ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** Bytes of any source; `fetchAddress` reads addresses. */
export async function readSource(
  source: Source,
  fetchAddress: (address: URL | string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (typeof source === 'string' || source instanceof URL) return fetchAddress(source);
  // Hermes alone has none
  if (typeof Response === 'function' && source instanceof Response) return readResponse(source);
  const got = Object.prototype.toString.call(source);
  throw new TypeError(`source: expected bytes, ArrayBuffer, Response, URL or string, got ${got}`);
}
