/** How much a weight matters. A block's score is the mean over its elements, so that a small block at an edge competes fairly. */
export interface Criterion {
  /** Of one weight. */
  score(weight: number): number;
  /** Makes the block scores of one layer comparable with another layer's, in place; absent: they are as they are. */
  normalize?(scores: Float64Array): void;
}

/** By name in recipes. A new criterion is one entry. */
export const criteria = {
  /** `|w|` (Han et al. 2015; Zhu and Gupta 2017). */
  magnitude: { score: Math.abs },
  /**
   * `w^2 / sum of all v^2 >= w^2 in the layer` (LAMP, Lee et al. 2021): one global cut then finds good sparsities of
   * the layers by itself. Within a layer the order is that of magnitudes.
   */
  lamp: {
    score: (weight) => weight * weight,
    normalize: (scores) => {
      const ascending = Uint32Array.from(scores, (_, index) => index).sort(
        (a, b) => scores[a] - scores[b] || b - a,
      );
      let sum = 0;
      for (const index of ascending.reverse()) {
        sum += scores[index];
        if (sum > 0) scores[index] /= sum;
      }
    },
  },
} satisfies Record<string, Criterion>;

/** A key of `criteria`. */
export type CriterionName = keyof typeof criteria;
