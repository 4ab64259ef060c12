import type { Batch } from '../batches.js';
import type { Gradients } from '../trainer.js';

/** A batch in `shards` parts of nearly equal size, in order; fewer where there are not that many samples. Views, not copies. */
export function splitBatch({ x, y, count }: Batch, shards: number): Batch[] {
  const parts = Math.min(shards, count);
  const size = x.length / count;
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * count) / parts);
    const to = Math.floor(((part + 1) * count) / parts);
    return { x: x.subarray(from * size, to * size), y: y.subarray(from, to), count: to - from };
  });
}

/** One shard's gradients, and of how many samples they are the mean. */
export interface ShardGradients extends Gradients {
  count: number;
}

/**
 * The mean over a batch of what its shards say, each weighted by its samples: for networks without batch norm the batch's own gradients,
 * up to the order of sums. With batch norm each shard is normalized by its own statistics ("ghost batch norm", Hoffer et al. 2017),
 * and what moves the averages is the mean of the shards' means and variances. Summed in the order of the shards, so that the same shards
 * give the same bits whoever computed them. The first shard's arrays are used up.
 */
export function combine(shards: readonly ShardGradients[]): Gradients {
  const total = shards.reduce((sum, { count }) => sum + count, 0);
  const [first, ...others] = shards;
  const weighted = (arrays: (shard: Gradients) => Float32Array[]): void => {
    arrays(first).forEach((sum, i) => {
      addScaled(sum, sum, first.count / total - 1);
      for (const shard of others) addScaled(sum, arrays(shard)[i], shard.count / total);
    });
  };
  weighted(({ values }) => values);
  weighted(({ statistics }) => statistics.map(([, values]) => values));
  return {
    score: {
      loss: shards.reduce((sum, { score, count }) => sum + score.loss * (count / total), 0),
      correct: shards.reduce((sum, { score }) => sum + score.correct, 0),
    },
    values: first.values,
    statistics: first.statistics,
  };
}

/** `sum += factor * array` */
function addScaled(sum: Float32Array, array: Float32Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] += factor * array[i];
}
