import { Model } from './model.js';
import { moduleAt, pickBuild, type Build, type Fetch } from './module.js';
import { readSource, type Source } from './source.js';

export interface LoadOptions {
  /** A compiled build of the runtime, where compiling at request time is forbidden (edge workers). */
  module?: WebAssembly.Module;
  /** `auto` takes relaxed SIMD where the engine has it. Default `auto`. */
  build?: Build | 'auto';
  /** Most threads to use, at least 1; this version uses one. */
  threads?: number;
  /** Samples a run: 1. */
  batch?: number;
  /** Cancels what is being fetched. */
  signal?: AbortSignal;
  /** Where the build's `.wasm` is, or its bytes, where it does not lie beside this package. */
  wasm?: URL | string | BufferSource;
}

/** What an entry knows of its host. */
export interface Host {
  fetch: Fetch;
  readModel(address: URL | string, signal?: AbortSignal): Promise<Uint8Array>;
  wasmUrl(build: Build): URL;
}

/** Loads a model file: each call makes an instance, all share one compiled module. */
export async function loadWith(host: Host, source: Source, options: LoadOptions = {}): Promise<Model> {
  checkOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const build = options.module ? undefined : pickBuild(options.build);
  const compiled = build ? compile(host, build, options) : options.module!;
  const [module, bytes] = await Promise.all([
    compiled,
    readSource(source, (address) => host.readModel(address, signal)),
  ]);
  signal?.throwIfAborted();
  // not `new Instance`: Chrome before 115 refuses that on the main thread for modules over 4 KB
  return new Model(await WebAssembly.instantiate(module), bytes, build);
}

function compile(host: Host, build: Build, { wasm, signal }: LoadOptions): Promise<WebAssembly.Module> {
  if (wasm === undefined) return moduleAt(host.wasmUrl(build), host.fetch, signal);
  if (typeof wasm !== 'string' && !(wasm instanceof URL)) return WebAssembly.compile(wasm);
  return moduleAt(new URL(wasm, globalThis.location?.href), host.fetch, signal);
}

function checkOptions({ module, threads = 1, batch = 1 }: LoadOptions): void {
  if (module !== undefined && !(module instanceof WebAssembly.Module)) {
    throw new TypeError(
      `module: expected a WebAssembly.Module, got ${Object.prototype.toString.call(module)}`,
    );
  }
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`threads: expected a whole number of at least 1, got ${threads}`);
  }
  if (batch !== 1) throw new RangeError(`batch: expected 1, which is what this version runs, got ${batch}`);
}
