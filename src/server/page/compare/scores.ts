/** A network's scores as people read them. */

/** Index of the largest score. */
export function best(scores: ArrayLike<number>): number {
  return Array.from(scores).reduce((top, score, i, all) => (score > all[top] ? i : top), 0);
}

/** Scores as they are where they are probabilities already, else their softmax. */
export function probabilities(scores: ArrayLike<number>): number[] {
  const values = Array.from(scores);
  const sum = values.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) < 0.05 && values.every((value) => value >= -0.01)) return values;
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - top));
  const all = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / all);
}

/** Name of a class. */
export const labelOf = (labels: readonly string[] | null, index: number): string =>
  labels?.[index] ?? String(index);

/** The `count` classes with the largest scores, best first. */
export function topOf(scores: readonly number[], count: number): number[] {
  return [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, count);
}
