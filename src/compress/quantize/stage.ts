import type { Graph } from '../../graph/index.js';
import type { Recipe } from '../recipe.js';
import type { Stage, StageContext, Work } from '../stage.js';
import { calibrate } from './calibrate.js';
import { precisionsOf } from './precision.js';
import type { Range } from './range.js';
import { refine } from './refine.js';
import { quantizeGraph } from './rewrite.js';

type Quantize = NonNullable<Recipe['quantize']>;

/** Calibrates where no stage before it did, then makes the graph int8. */
export const quantizeStage: Stage = {
  name: 'quantize',
  applies: ({ quantize }) => Boolean(quantize),
  async run(work, context) {
    const { preprocessing, seed } = context.recipe;
    const quantize = withMixed(context.recipe.quantize!, work);
    const { data, onProgress, signal } = context;
    const ranges = work.ranges ?? (await calibrated(work.graph, context));
    const graph = quantizeGraph(work.graph, ranges, { ...quantize, kernels: work.kernels });
    if (quantize.refine && !work.kernels) {
      const { samples } = quantize.refine;
      const report = (done: number, total: number): void => onProgress?.({ phase: 'calibrate', done, total });
      await refine(work.graph, graph, data, {
        samples,
        precisions: precisionsOf(work.graph, quantize),
        preprocessing,
        seed,
        onProgress: report,
        signal,
      });
    }
    return { ...work, graph };
  },
};

/** The precisions that were chosen stand as if the recipe had said them. */
function withMixed(quantize: Quantize, { mixed }: Work): Quantize {
  if (!mixed) return quantize;
  const chosen = Object.fromEntries(mixed.layers.map(({ name, precision }) => [name, precision]));
  return { ...quantize, layers: { ...quantize.layers, ...chosen } };
}

/** Ranges of the folded graph's activations, as the recipe says. */
export async function calibrated(graph: Graph, context: StageContext): Promise<ReadonlyMap<string, Range>> {
  const { recipe, data, onProgress, signal } = context;
  return calibrate(graph, data, {
    ...recipe.quantize!.activations,
    preprocessing: recipe.preprocessing,
    seed: recipe.seed,
    onProgress: (done, total) => onProgress?.({ phase: 'calibrate', done, total }),
    signal,
  });
}
