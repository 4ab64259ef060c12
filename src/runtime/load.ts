import { canShare, Crew, type StartWorker } from './crew.js';
import { LopperError } from './errors.js';
import { Model } from './model.js';
import { moduleAt, pickBuild, type Build, type Compile } from './module.js';
import { readSource, type Source } from './source.js';

/** Memory that a model may need for each sample and thread, beside four times its file (docs/runtime.md, Limits). */
const SPARE = 2 ** 26;

/** How a model is loaded; all may be left out. */
export interface LoadOptions {
  /** A compiled build of the runtime, where compiling at request time is forbidden (edge workers). */
  module?: WebAssembly.Module;
  /** `auto` takes relaxed SIMD where the engine has it and the file gains by it. Default `auto`. */
  build?: Build | 'auto';
  /**
   * Most threads to use, at least 1; more than 16 bring nothing. Default 1. Where memory cannot be shared (pages that are not cross-origin
   * isolated), workers do not start, or `module` or `wasm` is given, there is one: `model.threads` has their number. Results are the same.
   */
  threads?: number;
  /**
   * Takes the full build from the start, which skips inputs of int8 dense layers that are zero (docs/performance.md says where that pays);
   * builds with threads do not. Results are the same to the bit. Default false: the core build where it suffices.
   */
  skipZeros?: boolean;
  /** Samples a run, at least 1; inputs and outputs then hold them one after another. Default 1. */
  batch?: number;
  /** Cancels what is being fetched. */
  signal?: AbortSignal;
  /** Where the build's `.wasm` is, or its bytes, where it does not lie beside this package. */
  wasm?: URL | string | BufferSource;
}

/** What an entry knows of its host. */
export interface Host {
  compile: Compile;
  readModel(address: URL | string, signal?: AbortSignal): Promise<Uint8Array>;
  wasmUrl(build: Build, kind: Kind): URL;
  startWorker: StartWorker;
}

/** Builds of one kind run the same files: docs/runtime.md, Builds. */
export type Kind = 'core' | 'full' | 'all' | 'threads';

/**
 * Loads a model file: each call makes an instance, all share one compiled module. The core build runs the int8 layers of most networks; where
 * it finds others, the full build is fetched, and where that finds others, the build of all. Relaxed SIMD pays where activations have 7 bits, which the file's metadata says, and for f32.
 */
export async function loadWith(host: Host, source: Source, options: LoadOptions = {}): Promise<Model> {
  checkOptions(options);
  const { signal, module, wasm } = options;
  signal?.throwIfAborted();
  const build = module ? undefined : pickBuild(options.build);
  const read = readSource(source, (address) => host.readModel(address, signal));
  if (!build) return openModel(module!, await read, undefined, options);
  if (wasm !== undefined)
    return openModel(await compileGiven(wasm, host, options), await read, build, options);
  const threaded = options.threads! > 1 && canShare();
  const model = threaded ? await loadThreads(host, build, read, options) : undefined;
  return model ?? loadAlone(host, build, read, options);
}

/** A model on an instance of its own. */
export async function openModel(
  module: WebAssembly.Module,
  bytes: Uint8Array,
  build: Build | undefined,
  { batch, signal }: Pick<LoadOptions, 'batch' | 'signal'>,
): Promise<Model> {
  signal?.throwIfAborted();
  // not `new Instance`: Chrome before 115 refuses that on the main thread for modules over 4 KB
  return new Model(await WebAssembly.instantiate(module), bytes, build, batch);
}

/** `best` is what was asked for, or with `auto` the best that the engine has. */
async function loadAlone(
  { wasmUrl, compile }: Host,
  best: Build,
  read: Promise<Uint8Array>,
  options: LoadOptions,
): Promise<Model> {
  const open = async (build: Build, kind: Kind): Promise<Model> => {
    const module = moduleAt(wasmUrl(build, kind), compile, options.signal);
    // both at once
    const [compiled, bytes] = await Promise.all([module, read]);
    return openModel(compiled, bytes, build, options);
  };
  const startsFull = options.build === 'relaxed-simd' || options.skipZeros;
  const core = startsFull ? undefined : await unlessLacking(open('simd128', 'core'));
  if (core && (best === 'simd128' || core.metadata['activationBits'] !== 7)) return core;
  core?.dispose();
  return (await unlessLacking(open(best, 'full'))) ?? open('simd128', 'all');
}

/** Undefined where the build lacks an operator of the file. */
async function unlessLacking(model: Promise<Model>): Promise<Model | undefined> {
  try {
    return await model;
  } catch (error) {
    if (error instanceof LopperError && error.code === 'build') return undefined;
    throw error;
  }
}

/** Undefined where anything is in the way: one thread then gives the same results, or says what is wrong with the file. */
async function loadThreads(
  { wasmUrl, compile, startWorker }: Host,
  build: Build,
  read: Promise<Uint8Array>,
  { threads = 1, batch = 1, signal }: LoadOptions,
): Promise<Model | undefined> {
  let crew: Crew | undefined;
  try {
    const [module, bytes] = await Promise.all([moduleAt(wasmUrl(build, 'threads'), compile, signal), read]);
    crew = await Crew.start(startWorker, module, threads, 4 * bytes.length + SPARE * (batch + threads));
    signal?.throwIfAborted();
    const instance = await WebAssembly.instantiate(module, { env: { memory: crew.memory } });
    return new Model(instance, bytes, build, batch, crew);
  } catch {
    crew?.end();
    signal?.throwIfAborted();
    return undefined;
  }
}

/** A build that the caller brought. */
async function compileGiven(
  wasm: NonNullable<LoadOptions['wasm']>,
  { compile }: Host,
  { signal }: LoadOptions,
): Promise<WebAssembly.Module> {
  if (typeof wasm !== 'string' && !(wasm instanceof URL)) return WebAssembly.compile(wasm);
  return moduleAt(new URL(wasm, globalThis.location?.href), compile, signal);
}

function checkOptions({ module, threads = 1, batch = 1 }: LoadOptions): void {
  if (module !== undefined && !(module instanceof WebAssembly.Module)) {
    throw new TypeError(
      `module: expected a WebAssembly.Module, got ${Object.prototype.toString.call(module)}`,
    );
  }
  checkCount('threads', threads);
  checkCount('batch', batch);
}

/** Throws RangeError where an option is no whole number of at least 1. */
export function checkCount(option: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new RangeError(`${option}: expected a whole number of at least 1, got ${count}`);
}
