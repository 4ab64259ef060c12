import { readFileSync } from 'node:fs';
import type { Dataset } from '../train/index.js';
import type { Identity } from './checkpoint.js';
import type { Recipe } from './recipe.js';

/** What is known when a file is written. */
export interface FileFacts {
  recipe: Recipe;
  data: Dataset;
  /** SHA-256 of recipe, source and data. */
  identity: Identity;
  /** What trained and calibrated: other backends add in another order, and so give other weights. */
  backend: string;
  /** Of all kernels, in [0, 1]. */
  sparsity: number;
  /** On test samples, in [0, 1]; once measured. */
  accuracy?: number;
}

/** Digits kept of fractions: files are small, and accuracies of 10,000 samples have no more. */
const DIGITS = 4;
/** Kept of each SHA-256: 64 bits, enough to tell files of one's own apart. */
const HASH_DIGITS = 16;

/**
 * The file's metadata: what the source said of itself, then labels, preprocessing (`input = stored * scale + offset`),
 * what the runtime's loader picks a build by (`activationBits`), and where the file came from: tool, source, recipe and data set (each with the start of its SHA-256), seed,
 * backend, accuracy, sparsity.
 * Minimal storage keeps preprocessing and `activationBits` only.
 */
export function fileMetadata(source: Record<string, unknown>, facts: FileFacts): Record<string, unknown> {
  const { recipe, data, identity } = facts;
  const needed = {
    preprocessing: recipe.preprocessing ?? data.preprocessing,
    activationBits: recipe.quantize?.activations.bits === 7 ? 7 : undefined,
  };
  if (recipe.storage.metadata === 'minimal') return needed;
  return {
    ...source,
    labels: data.labels.length > 0 ? data.labels : source['labels'],
    ...needed,
    ...madeFrom(source, identity.source),
    recipe: { name: recipe.name, sha256: short(identity.recipe) },
    data: { name: data.name, sha256: short(identity.data) },
    seed: recipe.seed,
    backend: facts.backend,
    accuracy: facts.accuracy === undefined ? undefined : rounded(facts.accuracy),
    sparsity: rounded(facts.sparsity),
  };
}

/** What every file of this tool says: its version, and of which model it was made. @param sha256 of the imported graph */
export function madeFrom(source: Record<string, unknown>, sha256: string): Record<string, unknown> {
  const provenance = source['provenance'] as object | undefined;
  return { provenance: { ...provenance, sha256: short(sha256) }, lopper: version() };
}

/** The start of a SHA-256, as files keep it. */
export function short(sha256: string): string {
  return sha256.slice(0, HASH_DIGITS);
}

function rounded(fraction: number): number {
  return Number(fraction.toFixed(DIGITS));
}

/** Of this package. */
export function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
