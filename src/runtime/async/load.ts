import type { LoadOptions } from '../load.js';
import { readResponse, type Source } from '../source.js';
import type { Load } from './answer.js';
import { buffersOf, type Facts, type SentSource } from './messages.js';
import { AsyncModel, Queue } from './model.js';
import { localPort, type OpenPort, type Port } from './port.js';

/** As those of `load`, and where the worker is. */
export interface WorkerOptions extends LoadOptions {
  /**
   * Address of the worker's script, for bundlers that do not find it: the package's `wasm/lopper-model-worker.js`, which looks for
   * builds beside itself.
   */
  worker?: URL | string;
}

/** What an entry knows of its host. */
export interface AsyncHost {
  load: Load;
  openPort: OpenPort;
  /** An address as the worker, which lies elsewhere, understands it. */
  absolute(address: URL | string): string;
}

/** A worker with the model, or where none starts, the model on this thread. */
export async function loadWorkerWith(
  host: AsyncHost,
  source: Source,
  options: WorkerOptions = {},
): Promise<AsyncModel> {
  const { worker, signal, ...rest } = options;
  signal?.throwIfAborted();
  const sent = await sendable(host, source);
  const queue = new Queue();
  const port = await host.openPort(queue, worker).catch((): Port => localPort(host.load, queue));
  queue.open(port);
  try {
    const facts = await queue.do(
      { do: 'load', source: sent, options: sendableOptions(host, rest) },
      typeof sent === 'string' ? [] : buffersOf([sent]),
      signal,
    );
    return new AsyncModel(facts as Facts, queue, port.offThread);
  } catch (cause) {
    port.end();
    throw cause;
  }
}

/** Copies of bytes, which their caller keeps; what is no source the worker refuses. */
async function sendable({ absolute }: AsyncHost, source: Source): Promise<SentSource> {
  if (typeof source === 'string' || source instanceof URL) return absolute(source);
  if (typeof Response === 'function' && source instanceof Response) return readResponse(source);
  if (source instanceof Uint8Array || source instanceof ArrayBuffer)
    return new Uint8Array(source as Uint8Array<ArrayBuffer>).slice();
  return source as never;
}

function sendableOptions({ absolute }: AsyncHost, options: LoadOptions): LoadOptions {
  const { wasm } = options;
  const isAddress = typeof wasm === 'string' || wasm instanceof URL;
  return isAddress ? { ...options, wasm: absolute(wasm) } : options;
}
