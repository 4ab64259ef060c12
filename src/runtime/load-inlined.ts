import { checkCount, openModel, type Host, type LoadOptions } from './load.js';
import { LopperError } from './errors.js';
import type { Model } from './model.js';
import { pickBuild } from './module.js';
import { readSource, type Source } from './source.js';

/** What a script with its build inside lets one choose. */
export type InlineOptions = Pick<LoadOptions, 'batch' | 'signal'>;

/**
 * As `loadWith`, of a build that the script holds.
 * @param wasm its bytes by zlib, then base64: three quarters of what base64 alone takes once a server compresses the script
 */
export async function loadInlined(
  wasm: string,
  readModel: Host['readModel'],
  source: Source,
  options: InlineOptions = {},
): Promise<Model> {
  const { signal, batch = 1 } = options;
  checkCount('batch', batch);
  signal?.throwIfAborted();
  const build = pickBuild('simd128');
  const [module, bytes] = await Promise.all([
    moduleOf(wasm),
    readSource(source, (address) => readModel(address, signal)),
  ]);
  return openModel(module, bytes, build, options);
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Compiled once. */
function moduleOf(wasm: string): Promise<WebAssembly.Module> {
  let module = modules.get(wasm);
  if (!module) modules.set(wasm, (module = inflate(wasm).then((bytes) => WebAssembly.compile(bytes))));
  return module;
}

function inflate(wasm: string): Promise<ArrayBuffer> {
  if (typeof DecompressionStream !== 'function') {
    const message = 'build: expected an engine with DecompressionStream, got one without; use a newer engine';
    throw new LopperError('engine', `${message}, or give the wasm as a file`);
  }
  const packed = Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0));
  const bytes = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(bytes).arrayBuffer();
}
