/** Picks, compiles and keeps the WebAssembly module: one for all models. */
import { LopperError } from './errors.js';

export type Build = 'simd128' | 'relaxed-simd';

/** Compiles what is at an address; Node's entry reads files. */
export type Compile = (url: URL, signal?: AbortSignal) => Promise<WebAssembly.Module>;

/** (module (func (result v128) i32.const 0 i8x16.splat ... relaxed_swizzle / popcnt)): valid where the engine has the feature. */
const HEAD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const SIMD = Uint8Array.of(...HEAD, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);
const RELAXED = Uint8Array.of(...HEAD, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11);

/** `auto`: relaxed SIMD where the engine has it. */
export function pickBuild(wanted: Build | 'auto' = 'auto'): Build {
  if (!['auto', 'simd128', 'relaxed-simd'].includes(wanted)) {
    throw new RangeError(`build: expected 'auto', 'simd128' or 'relaxed-simd', got '${wanted}'`);
  }
  const relaxed = WebAssembly.validate(RELAXED);
  const build = wanted === 'auto' ? (relaxed ? 'relaxed-simd' : 'simd128') : wanted;
  if (build === 'relaxed-simd' ? relaxed : WebAssembly.validate(SIMD)) return build;
  const remedy = build === 'simd128' ? 'use a newer engine' : "use build: 'simd128'";
  throw new LopperError(
    'engine',
    `build: expected an engine with WebAssembly ${build}, got one without; ${remedy}`,
  );
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The module at `url`, fetched and compiled once; a failure is forgotten, so that the next call tries again. */
export function moduleAt(url: URL, compile: Compile, signal?: AbortSignal): Promise<WebAssembly.Module> {
  const known = modules.get(url.href);
  if (known) return known;
  const module = compile(url, signal);
  modules.set(url.href, module);
  module.catch(() => modules.delete(url.href));
  return module;
}
