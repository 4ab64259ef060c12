import {
  backend,
  engine,
  getBackend,
  setBackend,
  tensor,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Test } from 'tap';
import { selectBackend } from '../../../src/train/backend.js';
import { SEED, type Random } from '../../helpers/random.js';

/** Numbers and shape of a tensor, apart from any backend. */
export interface Values {
  shape: number[];
  data: ArrayLike<number>;
}

/** Starts the wasm backend with the training kernels. */
export async function startWasm(): Promise<BackendWasm> {
  await selectBackend({ prefer: 'wasm' });
  return backend() as unknown as BackendWasm;
}

/** Normally distributed values. */
export function normals(random: Random, shape: number[]): Values {
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length: size }, () => random.normal()) };
}

export function magnitudes({ shape, data }: Values): Values {
  return { shape, data: Float32Array.from(data, Math.abs) };
}

/** Result of one tfjs kernel on the backend `name`. Inputs that are Int32Array become int32 tensors. */
export async function runOn(
  name: 'cpu' | 'wasm',
  kernel: string,
  inputs: Record<string, Values>,
  attrs: object,
): Promise<Values> {
  return onBackend(name, () => engine().runKernel(kernel, toTensors(inputs), { ...attrs }) as Tensor);
}

/** Result of `compute` with `name` as the current backend. */
export async function onBackend(name: 'cpu' | 'wasm', compute: () => Tensor): Promise<Values> {
  const before = getBackend();
  await selectBackend({ prefer: name });
  const values = engine().tidy(() => {
    const result = compute();
    return { shape: result.shape, data: result.dataSync() } as never;
  }) as Values;
  await setBackend(before);
  return values;
}

function toTensors(inputs: Record<string, Values>): NamedTensorMap {
  const tensors = Object.entries(inputs).map(([name, { shape, data }]) => [
    name,
    tensor(data as Float32Array, shape, data instanceof Int32Array ? 'int32' : 'float32'),
  ]);
  return Object.fromEntries(tensors) as NamedTensorMap;
}

/**
 * Passes where every element of `got` is within `terms * 2^-24 * magnitude` of `want`: what `terms` roundings of a
 * float32 sum can do to it, `magnitude` being the sum of the absolute products.
 */
export function checkSums(
  t: Test,
  label: string,
  got: Values,
  want: Values,
  magnitude: Values,
  terms: number,
): void {
  t.same(got.shape, want.shape, `${label}: shape`);
  let worst = { excess: 0, index: -1 };
  for (let i = 0; i < want.data.length; i++) {
    const bound = terms * 2 ** -24 * magnitude.data[i];
    const error = Math.abs(got.data[i] - want.data[i]);
    const excess = error <= bound ? 0 : error / bound;
    if (!(excess <= worst.excess)) worst = { excess, index: i };
  }
  const { index, excess } = worst;
  const found = `element ${index}: got ${got.data[index]}, want ${want.data[index]}, ${excess} times the bound`;
  t.equal(
    index,
    -1,
    `${label}: within ${terms} * 2^-24 * sum|a*b| (SEED=${SEED}; ${index < 0 ? 'all' : found})`,
  );
}
