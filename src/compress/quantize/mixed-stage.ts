import type { Stage } from '../stage.js';
import { mixedPrecision, type MixedBound } from './mixed.js';
import { calibrated } from './stage.js';

/** `quantize.mixed`: what the stage that quantizes does with each layer. */
export const mixedStage: Stage = {
  name: 'mixed',
  applies: ({ quantize }) => Boolean(quantize?.mixed),
  async run(work, context) {
    const { recipe, data, onProgress, signal } = context;
    const { candidates, metric, samples, ...bound } = recipe.quantize!.mixed!;
    const ranges = work.ranges ?? (await calibrated(work.graph, context));
    const mixed = await mixedPrecision(work.graph, data, ranges, recipe.quantize!, {
      candidates,
      metric,
      samples,
      bound: bound as MixedBound,
      seed: recipe.seed,
      preprocessing: recipe.preprocessing,
      onProgress: (done, total) => onProgress?.({ phase: 'mixed', done, total }),
      signal,
    });
    return { ...work, ranges, mixed };
  },
};
