import type { Graph } from '../../graph/index.js';
import { checkPatterns, matches } from '../pattern.js';
import type { Initialization } from './k-means.js';
import type { WeightOptions } from './weights.js';

/** Shared weights: see `shareWeights`, and for `f32` `shareFloatWeights`. */
export interface CodebookPrecision {
  /** Entries, 2..256. */
  codebook: number;
  /** What an entry is: a whole number in a layer that computes in int8 (the default), or an f32 in one that stays f32. */
  values?: 'i8' | 'f32';
  initialization?: Initialization;
  /** Squared steps of int8 that a bit of the file is worth: see `kMeans`. */
  rate?: number;
}

/** How a layer's kernel is stored, and what the layer computes in: int8 of 2..8 bits, shared weights, or f32 (f16 is f32, stored in halves). */
export type Precision = number | CodebookPrecision | 'f32' | 'f16';

/** What a recipe says of kernels. */
export interface PrecisionOptions {
  weights: Omit<WeightOptions, 'leastScales'> & {
    codebook?: Omit<CodebookPrecision, 'codebook'> & { entries: number };
  };
  /** Layer patterns that stay f32. */
  float: readonly string[];
  /** By layer pattern, instead of what `weights` and `float` say; of several that fit, the last. */
  layers?: Readonly<Record<string, Precision>>;
}

/**
 * Each node's precision, by name.
 *
 * @throws RangeError where a pattern fits no node
 */
export function precisionsOf(
  graph: Graph,
  { weights, float, layers = {} }: PrecisionOptions,
): Map<string, Precision> {
  const names = graph.nodes.map(({ name }) => name);
  checkPatterns('quantize.float', float, names);
  checkPatterns('quantize.layers', Object.keys(layers), names);
  const { entries, ...codebook } = weights.codebook ?? { entries: 0 };
  const usual: Precision = entries > 0 ? { codebook: entries, ...codebook } : weights.bits;
  const said: [pattern: string, precision: Precision][] = [
    ...float.map((pattern): [string, Precision] => [pattern, 'f32']),
    ...Object.entries(layers),
  ];
  return new Map(
    names.map((name) => [name, said.findLast(([pattern]) => matches(pattern, name))?.[1] ?? usual]),
  );
}

/** True where the layer computes in f32. */
export function isFloat(precision: Precision): boolean {
  return (
    precision === 'f32' ||
    precision === 'f16' ||
    (typeof precision === 'object' && precision.values === 'f32')
  );
}

/** True where some layer's weights are shared. */
export function sharesWeights({ weights, layers = {} }: Omit<PrecisionOptions, 'float'>): boolean {
  return (
    Boolean(weights.codebook) || Object.values(layers).some((precision) => typeof precision === 'object')
  );
}

/** As reports name it. */
export function precisionName(precision: Precision): string {
  if (typeof precision === 'string') return precision;
  if (typeof precision === 'number') return `int${precision}`;
  return `codebook ${precision.codebook}${precision.values === 'f32' ? ' f32' : ''}`;
}
