/** What the list of models says of one file each. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lopStatistics, readLop, type LopModel } from '../../format/index.js';
import type { ModelEntry, ModelVersion } from '../api/schemas.js';
import { hashOf } from './files.js';

const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && value >= 0 && value <= 1 ? value : null;

const isText = (value: unknown): value is string => typeof value === 'string';

/** A compressed file, and what it says of its model. */
export interface DescribedVersion extends Pick<ModelEntry, 'labels' | 'inputShape' | 'preprocessing'> {
  title: string | undefined;
  hash: string;
  figures: Omit<ModelVersion, 'id' | 'url' | 'report'>;
}

/** By its kernels: biases are i32 beside int8 ones. */
function dtypeOf({ weights, nodes }: LopModel): ModelVersion['dtype'] {
  const kernels = nodes.flatMap((node) => weights.get(node.weights.kernel) ?? []);
  const floats = kernels.filter(({ dtype }) => dtype === 'f32').length;
  if (floats === kernels.length) return 'f32';
  return floats === 0 ? 'int8' : 'mixed';
}

/** @throws LopError where the file is broken */
export async function describeVersion(path: string): Promise<DescribedVersion> {
  const file = await readFile(path);
  const model = readLop(file);
  const { metadata, inputs, tensors } = model;
  const { params, kept } = lopStatistics(file);
  const { labels, title } = metadata;
  return {
    title: isText(title) ? title : undefined,
    hash: hashOf(file),
    labels: Array.isArray(labels) && labels.every(isText) ? labels : null,
    inputShape: tensors.get(inputs[0])!.shape,
    preprocessing: (metadata['preprocessing'] as ModelEntry['preprocessing'] | undefined) ?? null,
    figures: {
      bytes: file.length,
      dtype: dtypeOf(model),
      params,
      kept,
      sparsity: numberOrNull(metadata['sparsity']),
      accuracy: numberOrNull(metadata['accuracy']),
    },
  };
}

interface LayersModel {
  weightsManifest?: { paths: string[]; weights?: { shape: number[] }[] }[];
  userDefinedMetadata?: Record<string, unknown>;
}

export type DescribedDense = Pick<ModelEntry['dense'], 'bytes' | 'accuracy' | 'params'> & { hash: string };

/** A layers-model: what it says of itself, and the size of all files that its loader fetches. */
export async function describeDense(modelJson: string): Promise<DescribedDense> {
  const text = await readFile(modelJson);
  const { weightsManifest = [], userDefinedMetadata } = JSON.parse(text.toString()) as LayersModel;
  const shards = weightsManifest.flatMap(({ paths }) => paths);
  const sizes = await Promise.all(
    shards.map(async (shard) => (await stat(join(dirname(modelJson), shard))).size),
  );
  const weights = weightsManifest.flatMap((group) => group.weights ?? []);
  const params = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return {
    hash: hashOf(text),
    bytes: sizes.reduce((sum, size) => sum + size, text.length),
    accuracy: numberOrNull(userDefinedMetadata?.['accuracy']),
    params: weights.length > 0 ? params : null,
  };
}
