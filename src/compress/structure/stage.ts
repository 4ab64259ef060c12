import type { Stage, StageContext } from '../stage.js';
import { removeChannels } from './channels.js';
import type { ImportanceContext } from './importance.js';
import { removeLayers } from './layers.js';

/** Takes layers, then channels, out of the network. */
export const structureStage: Stage = {
  name: 'structure',
  applies: ({ structure }) => Boolean(structure),
  async run(work, context) {
    const { layers, channels } = context.recipe.structure!;
    const own = ownContext(context);
    let { graph } = work;
    if (layers) graph = await removeLayers(graph, layers, own);
    if (channels) graph = await removeChannels(graph, channels, own);
    return { ...work, graph };
  },
};

function ownContext({ recipe, data, onProgress, signal }: StageContext): ImportanceContext {
  const { seed, preprocessing } = recipe;
  const report = (done: number, total: number): void => onProgress?.({ phase: 'structure', done, total });
  return { data, seed, preprocessing, onProgress: report, signal };
}
