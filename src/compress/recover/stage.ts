import type { Stage } from '../stage.js';
import { Recovery } from './recovery.js';

/** Prunes and trains, or prunes at once where nothing is trained; what was pruned before it without training stays pruned. */
export const recoverStage: Stage = {
  name: 'recover',
  applies: ({ prune, recover }) => Boolean(recover ?? (prune && !prune.update)),
  run: async (work, context) => ({ ...work, graph: await new Recovery(work.graph, context).run() }),
};
