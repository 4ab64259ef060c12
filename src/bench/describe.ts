import type { LopModel, LopWeight } from '../format/index.js';

/** What a latency row says of a model file. */
export interface Described {
  /** Of the kernels: `int8` (`int7` where it was asked to be), `f32`, or `mixed`. */
  dtype: 'int8' | 'int7' | 'f32' | 'mixed';
  /** Zeros among all elements of the kernels, in [0, 1]. */
  sparsity: number;
  /** `OxI`, the block of most kernel elements. */
  block: string;
}

/** The weights that operators use as kernels, each once. */
function kernels(model: LopModel): LopWeight[] {
  const names = new Set(model.nodes.flatMap((node) => node.weights['kernel'] ?? []));
  return [...names].map((name) => model.weights.get(name)!);
}

const nonZero = (data: ArrayLike<number>): number => {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) count++;
  return count;
};

function mostElements(weights: readonly LopWeight[]): string {
  const byBlock = new Map<string, number>();
  for (const { block, data } of weights) {
    const name = block.join('x');
    byBlock.set(name, (byBlock.get(name) ?? 0) + data.length);
  }
  return [...byBlock].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '1x1';
}

/** Type, sparsity and block of a model's kernels; a model without kernels is dense f32. */
export function describeModel(model: LopModel): Described {
  const weights = kernels(model);
  const total = weights.reduce((sum, { data }) => sum + data.length, 0);
  const kept = weights.reduce((sum, { data }) => sum + nonZero(data), 0);
  const types = new Set(weights.map(({ dtype }) => dtype));
  const dtype = types.size > 1 ? 'mixed' : types.has('i8') ? 'int8' : 'f32';
  return { dtype, sparsity: total === 0 ? 0 : 1 - kept / total, block: mostElements(weights) };
}
