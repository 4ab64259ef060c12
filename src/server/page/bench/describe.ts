/** What a `.lop` that is not on the server says of itself. */
import type { Preprocessing } from '../../../preprocess/preprocessing.js';

export interface Described {
  /** Without batch, channels last. */
  inputShape: number[];
  labels: string[] | null;
  preprocessing: Preprocessing | null;
  params: number;
  kept: number;
  accuracy: number | null;
  dtype: 'int8' | 'f32' | 'mixed';
}

/** @throws LopError for a broken file */
export async function describeFile(bytes: Uint8Array): Promise<Described> {
  const { lopStatistics, readLop } = await import('../../../format/index.js');
  const model = readLop(bytes);
  const { params, kept, weights } = lopStatistics(bytes);
  const { labels, preprocessing, accuracy } = model.metadata;
  const kernels = new Set(weights.filter(({ shape }) => shape.length > 1).map(({ dtype }) => dtype));
  return {
    inputShape: model.tensors.get(model.inputs[0])!.shape,
    labels: Array.isArray(labels) ? labels.map(String) : null,
    preprocessing: (preprocessing as Preprocessing | undefined) ?? null,
    params,
    kept,
    accuracy: typeof accuracy === 'number' ? accuracy : null,
    dtype: kernels.size > 1 ? 'mixed' : kernels.has('f32') ? 'f32' : 'int8',
  };
}
