import { readFileSync } from 'node:fs';
import type { Dataset } from '../train/index.js';
import { recipeHash, type Recipe } from './recipe.js';

/** What is known when a file is written. */
export interface FileFacts {
  recipe: Recipe;
  data: Dataset;
  /** Of all kernels, in [0, 1]. */
  sparsity: number;
  /** On test samples, in [0, 1]; once measured. */
  accuracy?: number;
}

/** Digits kept of fractions: files are small, and accuracies of 10,000 samples have no more. */
const DIGITS = 4;

/**
 * The file's metadata: what the source said of itself, then labels, preprocessing (`input = stored * scale + offset`),
 * what the runtime's loader picks a build by (`activationBits`), and where the file came from: tool, recipe (its name and the start of its SHA-256), data set, seed, accuracy, sparsity.
 * Minimal storage keeps preprocessing and `activationBits` only.
 */
export function fileMetadata(source: Record<string, unknown>, facts: FileFacts): Record<string, unknown> {
  const { recipe, data } = facts;
  const needed = {
    preprocessing: recipe.preprocessing ?? data.preprocessing,
    activationBits: recipe.quantize?.activations.bits === 7 ? 7 : undefined,
  };
  if (recipe.storage.metadata === 'minimal') return needed;
  return {
    ...source,
    labels: data.labels.length > 0 ? data.labels : source['labels'],
    ...needed,
    lopper: version(),
    recipe: { name: recipe.name, sha256: recipeHash(recipe).slice(0, 16) },
    data: data.name,
    seed: recipe.seed,
    accuracy: facts.accuracy === undefined ? undefined : rounded(facts.accuracy),
    sparsity: rounded(facts.sparsity),
  };
}

function rounded(fraction: number): number {
  return Number(fraction.toFixed(DIGITS));
}

/** Of this package. */
export function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
