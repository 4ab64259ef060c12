import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readLop } from '../format/index.js';
import type { Preprocessing } from '../preprocess/preprocessing.js';

/** What the page knows of one model before it loads it. */
export interface ModelEntry {
  name: string;
  /** `model.json` with all its shards. */
  denseBytes: number;
  lopBytes: number;
  /** Fraction of weights that are zero; null where the file does not say. */
  sparsity: number | null;
  /** Measured when the model was made, fractions of 1; null where the file does not say. */
  accuracy: { dense: number | null; lopper: number | null };
  /** How a sample becomes input, as the file says; null where it does not. */
  preprocessing: Preprocessing | null;
}

/** A folder that looks like a model but cannot be read. */
export interface BrokenModel {
  name: string;
  error: string;
}

const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** What a layers-model says of itself, and the size of all files that its loader fetches. */
async function describeDense(modelJson: string): Promise<{ bytes: number; accuracy: number | null }> {
  const text = await readFile(modelJson, 'utf8');
  const json = JSON.parse(text) as { weightsManifest?: { paths: string[] }[]; userDefinedMetadata?: unknown };
  const shards = (json.weightsManifest ?? []).flatMap((group) => group.paths);
  const sizes = await Promise.all(
    shards.map(async (shard) => (await stat(join(modelJson, '..', shard))).size),
  );
  return {
    bytes: sizes.reduce((sum, size) => sum + size, Buffer.byteLength(text)),
    accuracy: numberOrNull((json.userDefinedMetadata as Record<string, unknown> | undefined)?.['accuracy']),
  };
}

async function describe(folder: string, name: string): Promise<ModelEntry> {
  const lop = await readFile(join(folder, name, 'model.lop'));
  const { metadata } = readLop(lop);
  const dense = await describeDense(join(folder, name, 'dense', 'model.json'));
  return {
    name,
    denseBytes: dense.bytes,
    lopBytes: lop.byteLength,
    sparsity: numberOrNull(metadata['sparsity']),
    accuracy: { dense: dense.accuracy, lopper: numberOrNull(metadata['accuracy']) },
    preprocessing: (metadata['preprocessing'] as Preprocessing | undefined) ?? null,
  };
}

async function holdsModel(folder: string, name: string): Promise<boolean> {
  const files = [join(folder, name, 'model.lop'), join(folder, name, 'dense', 'model.json')];
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (at) => at.isFile(),
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}

/** The models under `folder` (those with a `model.lop` and a `dense/model.json`), by name. */
export async function listModels(folder: string): Promise<(ModelEntry | BrokenModel)[]> {
  const names = (await readdir(folder)).sort();
  const present = await Promise.all(names.map((name) => holdsModel(folder, name)));
  return Promise.all(
    names
      .filter((_, i) => present[i])
      .map((name) =>
        describe(folder, name).catch((error: unknown): BrokenModel => ({
          name,
          error: (error as Error).message,
        })),
      ),
  );
}
