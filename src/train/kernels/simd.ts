import { readFileSync } from 'node:fs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** A pointer into the memory of tfjs' wasm backend, in bytes. */
export type Pointer = number;

type Kernel = (...sizesAndPointers: number[]) => void;

/** What `assembly/train/index.ts` exports; formulas and orders of arguments stand there. */
export type SimdKernels = Record<
  | 'f32_avgpool_grad'
  | 'f32_column_sums'
  | 'f32_combine_columns'
  | 'f32_conv2d'
  | 'f32_conv2d_filter_grad'
  | 'f32_conv2d_input_grad'
  | 'f32_copy_window'
  | 'f32_dwconv2d_filter_grad'
  | 'f32_matmul_tn'
  | 'f32_maxpool_grad'
  | 'f32_relu_grad'
  | 'f32_scale_columns',
  Kernel
>;

/** Where the build puts the module: seen from `dist/train/kernels`, and from `src/train/kernels` in tests. */
const PLACES = ['../kernels.wasm', '../../../dist/train/kernels.wasm'];

const instances = new WeakMap<BackendWasm, SimdKernels>();
let compiled: WebAssembly.Module | undefined;

/** Our own SIMD kernels, bound to the memory of `backend`. */
export function simd(backend: BackendWasm): SimdKernels {
  let kernels = instances.get(backend);
  if (kernels == null) {
    compiled ??= new WebAssembly.Module(readModule());
    const instance = new WebAssembly.Instance(compiled, { env: { memory: memoryOf(backend) } });
    kernels = instance.exports as SimdKernels;
    instances.set(backend, kernels);
  }
  return kernels;
}

/** Address of a tensor's first element; does not move while the tensor lives. */
export function addressOf(backend: BackendWasm, tensor: TensorInfo): Pointer {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/**
 * The memory of tfjs' wasm module; it grows and never shrinks, and growing replaces its buffer. Emscripten keeps the
 * exports of the module as `asm`.
 */
export function memoryOf(backend: BackendWasm): WebAssembly.Memory {
  return (backend.wasm as unknown as { asm: { memory: WebAssembly.Memory } }).asm.memory;
}

function readModule(): Uint8Array<ArrayBuffer> {
  for (const place of PLACES) {
    try {
      return new Uint8Array(readFileSync(new URL(place, import.meta.url)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(
    'training kernels: expected dist/train/kernels.wasm, found no such file; run `npm run build:wasm`',
  );
}
