/** Drives the built runtime through its ABI (docs/runtime.md), for all builds. */
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Values } from '../../src/ops/op.js';

// Node 20 has relaxed SIMD behind a flag, later versions have it on.
setFlagsFromString('--experimental-wasm-relaxed-simd');

export const BUILDS = ['simd128', 'simd128-full', 'simd128-all', 'relaxed-simd'] as const;
/** The code with which a build refuses layers that only a larger one has. */
export const NEEDS_FULL = 29;
export type Build = (typeof BUILDS)[number];

interface Exports {
  memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  load(ptr: number, bytes: number, batch: number): number;
  describe(kind: number, index: number): number;
  run(first: number, last: number): number;
  error(): number;
}

export function readBuild(build: Build | `${'simd128' | 'relaxed-simd'}-threads`): Uint8Array<ArrayBuffer> {
  const url = new URL(`../../dist/wasm/lopper-${build}.wasm`, import.meta.url);
  if (!existsSync(url)) throw new Error(`${url.pathname}: not built; npm run build:wasm`);
  return new Uint8Array(readFileSync(url));
}

/** One instance of a build. */
export class Runtime {
  readonly exports: Exports;

  /** @param module another than the build's own */
  constructor(build: Build, module = new WebAssembly.Module(readBuild(build))) {
    this.exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  }

  get words(): Uint32Array {
    return new Uint32Array(this.exports.memory.buffer);
  }

  /** Copies the file in and loads it for `batch` samples a run; the code. */
  load(bytes: Uint8Array, batch = 1): number {
    const ptr = this.exports.reserve(bytes.length);
    new Uint8Array(this.exports.memory.buffer).set(bytes, ptr);
    return this.exports.load(ptr, bytes.length, batch);
  }

  error(): { code: number; place: number; expected: number; got: number } {
    const view = new DataView(this.exports.memory.buffer, this.exports.error(), 24);
    return {
      code: view.getInt32(0, true),
      place: view.getInt32(4, true),
      expected: view.getFloat64(8, true),
      got: view.getFloat64(16, true),
    };
  }

  /** The host's view of an input (kind 0) or output (kind 1). */
  tensor(kind: 0 | 1, index: number): Values {
    const at = this.exports.describe(kind, index) / 4;
    const [ptr, bytes, dtype] = this.words.subarray(at, at + 3);
    const { buffer } = this.exports.memory;
    return dtype === 1 ? new Int8Array(buffer, ptr, bytes) : new Float32Array(buffer, ptr, bytes / 4);
  }

  run(inputs: Values[], outputs: number): Values[] {
    inputs.forEach((values, i) => this.tensor(0, i).set(values));
    this.exports.run(0, -1);
    return Array.from({ length: outputs }, (_, i) => this.tensor(1, i).slice());
  }
}
