import type { Kind } from './load.js';
import type { Build } from './module.js';

/** A build's file: the core build is `lopper-simd128.wasm`, the full one with relaxed SIMD `lopper-relaxed-simd.wasm`. */
export function fileOf(build: Build, kind: Kind): string {
  const suffix = kind === 'core' || (kind === 'full' && build === 'relaxed-simd') ? '' : `-${kind}`;
  return `lopper-${build}${suffix}.wasm`;
}
