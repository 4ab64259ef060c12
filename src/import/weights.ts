/** Weights of a tfjs model: weight files -> f32 by name. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { z } from 'zod';
import { ImportError, importErrors } from './errors.js';
import type { ReadFile } from './source.js';

/** One weight in a manifest. */
export const weightSpec = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool']),
  quantization: z
    .looseObject({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
});

/** Weights that lie, one after another, in the bytes of some files. */
export const weightGroup = z.looseObject({ paths: z.array(z.string()), weights: z.array(weightSpec) });

export type WeightSpec = z.infer<typeof weightSpec>;
export type WeightGroup = z.infer<typeof weightGroup>;

export interface ForeignWeight {
  shape: number[];
  data: Float32Array;
}

const BYTES = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 } as const;

/** Reads every group's files. Quantized weights (uint8, uint16, float16) become f32. */
export async function readWeights(
  manifest: readonly WeightGroup[],
  read: ReadFile,
): Promise<Map<string, ForeignWeight>> {
  const all = new Map<string, ForeignWeight>();
  for (const { paths, weights } of manifest) {
    const parts = await Promise.all(paths.map(read));
    for (const [name, weight] of await decodeGroup(paths.join(', '), parts, weights)) all.set(name, weight);
  }
  return all;
}

/**
 * @param files for messages
 * @throws ImportError where the bytes are not as many as the specs say, or hold NaN or infinity
 */
export async function decodeGroup(
  files: string,
  parts: readonly Uint8Array[],
  specs: readonly WeightSpec[],
): Promise<Map<string, ForeignWeight>> {
  const expected = specs.reduce((sum, spec) => sum + bytesOf(spec), 0);
  const got = parts.reduce((sum, part) => sum + part.length, 0);
  if (expected !== got) {
    throw new ImportError(
      'length',
      `${files}: expected ${expected} bytes for ${specs.length} weights, got ${got}`,
    );
  }
  const decoded = await decode(concatenated(parts, got), specs);
  checkFinite(decoded);
  return decoded;
}

function bytesOf({ shape, dtype, quantization }: WeightSpec): number {
  return shape.reduce((a, b) => a * b, 1) * BYTES[quantization?.dtype ?? dtype];
}

function concatenated(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** tfjs decodes into tensors, so it needs a backend; any will do, and the trainer may choose another one later. */
async function decode(
  bytes: Uint8Array<ArrayBuffer>,
  specs: readonly WeightSpec[],
): Promise<Map<string, ForeignWeight>> {
  if (!tf.getBackend()) await tf.setBackend('cpu');
  const tensors = quietly(() =>
    tf.io.decodeWeights(bytes.buffer, specs as unknown as tf.io.WeightsManifestEntry[]),
  );
  const weights = Object.entries(tensors).map(([name, tensor]) => {
    return [name, { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) }] as const;
  });
  tf.dispose(tensors);
  return new Map(weights);
}

/** The cpu backend advertises tfjs-node at its first tensor, unless it takes the program for one in production. */
function quietly<T>(work: () => T): T {
  const before = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    return work();
  } finally {
    tf.env().set('PROD', before);
  }
}

function checkFinite(weights: ReadonlyMap<string, ForeignWeight>): void {
  const faults: string[] = [];
  for (const [name, { data }] of weights) {
    const count = data.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
    if (count > 0) faults.push(`${name}: ${count} of ${data.length} are NaN or infinite`);
  }
  if (faults.length > 0) throw importErrors('value', 'weights: expected finite numbers, got', faults);
}
