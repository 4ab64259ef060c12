import type { Stage } from '../stage.js';
import { unfoldBatchNorm } from './unfold.js';

/** Puts batch norm back before anything else looks at the network. */
export const unfoldStage: Stage = {
  name: 'unfold',
  applies: ({ unfold }) => Boolean(unfold),
  async run(work, { recipe, data, onProgress, signal }) {
    const { seed, preprocessing } = recipe;
    const graph = await unfoldBatchNorm(work.graph, data, {
      ...recipe.unfold!,
      seed,
      preprocessing,
      onProgress: (done, total) => onProgress?.({ phase: 'unfold', done, total }),
      signal,
    });
    return { ...work, graph };
  },
};
