import type { Random } from './random.js';

/**
 * Every sample becomes a mixture of itself and its neighbour in the batch, the last with the first, by a share drawn from Beta(alpha, alpha)
 * each (mixup, Zhang et al. 2018). Mixtures have no class of their own: a teacher says what to learn of them (function matching, Beyer et
 * al. 2022), which tells more than samples that it knows by heart.
 * @param x `[batch, size]`, in place
 * @param alpha in (0, 1]: 1 draws all shares alike, smaller ones leave most samples nearly as they are
 */
export function mixUp(x: Float32Array, size: number, alpha: number, random: Random): void {
  const first = x.slice(0, size);
  for (let from = 0; from < x.length; from += size) {
    const share = betaShare(alpha, random);
    const isLast = from + size === x.length;
    const other = isLast ? first : x.subarray(from + size, from + 2 * size);
    for (let i = 0; i < size; i++) x[from + i] = share * x[from + i] + (1 - share) * other[i];
  }
}

/** Of Beta(alpha, alpha), by rejection (Joehnk 1964): about 1.3 draws for small alphas, 2 for 1. */
function betaShare(alpha: number, random: Random): number {
  for (;;) {
    const [a, b] = [random() ** (1 / alpha), random() ** (1 / alpha)];
    if (a + b > 0 && a + b <= 1) return a / (a + b);
  }
}
