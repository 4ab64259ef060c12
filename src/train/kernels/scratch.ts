import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** Name under which tfjs registers its WebAssembly backend. */
export const WASM = 'wasm';

/** What a kernel of the wasm backend is called with, its attributes and inputs typed. */
export interface KernelArgs<Inputs, Attrs> {
  inputs: Inputs;
  attrs: Attrs;
  backend: BackendWasm;
}

/** A kernel of ours: the tfjs name it answers to, and its function. */
export interface TrainingKernel {
  kernelName: string;
  kernelFunc: KernelFunc;
}

/**
 * Gives a typed kernel function the untyped signature of the tfjs registry, which hands every kernel the
 * inputs and attributes declared for its name.
 */
export function trainingKernel<Inputs, Attrs>(
  kernelName: string,
  kernelFunc: (args: KernelArgs<Inputs, Attrs>) => TensorInfo | TensorInfo[],
): TrainingKernel {
  return { kernelName, kernelFunc: kernelFunc as unknown as KernelFunc };
}

/** The same numbers under another shape of the same size; shares the data, owns nothing. */
export function view(tensor: TensorInfo, shape: number[]): TensorInfo {
  return { dataId: tensor.dataId, shape, dtype: tensor.dtype };
}

/**
 * The floats of a tensor on the wasm heap, writable. Valid until the next allocation, which may grow the
 * memory and detach every view: allocate all outputs first.
 */
export function floats(backend: BackendWasm, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}

/** A float tensor of zeros, for a kernel to return: the backend's own allocations are not cleared. */
export function zeroOutput(backend: BackendWasm, shape: number[]): TensorInfo {
  const output = backend.makeOutput(shape, 'float32');
  floats(backend, output).fill(0);
  return output;
}

/**
 * Intermediate tensors of one kernel call. They live below the engine, so neither `tidy` nor the tape sees
 * them, and what is taken here must be given back here.
 */
export class Scratch {
  readonly #taken: TensorInfo[] = [];

  constructor(readonly backend: BackendWasm) {}

  /** Runs another kernel of the backend; its only output is freed when the scratch is. */
  run(kernelName: string, inputs: NamedTensorInfoMap, attrs: object = {}): TensorInfo {
    const kernel = getKernel(kernelName, WASM);
    if (kernel == null) throw new Error(`${kernelName}: expected a kernel of the wasm backend, found none`);
    const output = kernel.kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend: this.backend });
    return this.#take(output as TensorInfo);
  }

  /** An uncleared float tensor, freed when the scratch is. */
  allocate(shape: number[]): TensorInfo {
    return this.#take(this.backend.makeOutput(shape, 'float32'));
  }

  /** A float tensor of zeros, freed when the scratch is. */
  zeros(shape: number[]): TensorInfo {
    return this.#take(zeroOutput(this.backend, shape));
  }

  /** Frees everything taken, but one hold on `kept`. */
  release(kept?: TensorInfo): void {
    let spared = kept == null;
    for (const tensor of this.#taken) {
      if (!spared && tensor.dataId === kept?.dataId) spared = true;
      else this.backend.disposeData(tensor.dataId);
    }
    this.#taken.length = 0;
  }

  #take(tensor: TensorInfo): TensorInfo {
    this.#taken.push(tensor);
    return tensor;
  }
}

/**
 * Runs `body` and frees its intermediates whatever happens. Tensors of the scratch that `body` returns, at most
 * one, live on; outputs that it made itself are not touched.
 */
export function withScratch<Result extends TensorInfo | TensorInfo[]>(
  backend: BackendWasm,
  body: (scratch: Scratch) => Result,
): Result {
  const scratch = new Scratch(backend);
  try {
    const result = body(scratch);
    if (!Array.isArray(result)) scratch.release(result);
    return result;
  } finally {
    scratch.release();
  }
}
