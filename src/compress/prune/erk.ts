import { elements } from '../../graph/index.js';

/**
 * Erdos-Renyi-Kernel (Mocanu et al. 2018; Evci et al. 2020, RigL): layer l keeps the fraction
 * `e (o + i + kh + kw) / (o i kh kw)`, or `e (o + i) / (o i)` where it is dense, with the e that makes the whole as sparse as asked.
 * A layer that would keep more than all is dense, and e is found anew for the others.
 *
 * @param shapes of kernels, `[O, KH, KW, I]` or `[O, I]`
 * @param sparsity of all together, in [0, 1)
 * @returns the sparsity of each
 */
export function erkSparsities(shapes: readonly (readonly number[])[], sparsity: number): number[] {
  const sizes = shapes.map(elements);
  const sums = shapes.map((shape) => shape.reduce((sum, dim) => sum + dim, 0));
  const dense = new Set<number>();
  const keep = (1 - sparsity) * sizes.reduce((a, b) => a + b, 0);
  for (;;) {
    let left = keep;
    let share = 0;
    shapes.forEach((_, l) => (dense.has(l) ? (left -= sizes[l]) : (share += sums[l])));
    const e = left / share;
    const over = shapes.flatMap((_, l) => (!dense.has(l) && e * sums[l] > sizes[l] ? [l] : []));
    if (over.length === 0) return sizes.map((size, l) => (dense.has(l) ? 0 : 1 - (e * sums[l]) / size));
    over.forEach((l) => dense.add(l));
  }
}
