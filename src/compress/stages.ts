import { cloneGraph } from '../graph/index.js';
import { prepareForExport } from '../passes/index.js';
import { correctStage, oneShotStage } from './one-shot/index.js';
import { removeDeadUnits } from './prune/index.js';
import {
  awareStage,
  equalizeStage,
  halfStage,
  mixedStage,
  quantizeStage,
  sharedStage,
  splitPrelu,
} from './quantize/index.js';
import { recoverStage } from './recover/index.js';
import type { Stage } from './stage.js';
import { structureStage } from './structure/index.js';
import { unfoldStage } from './unfold/index.js';

/** Folds batch norm, fuses activations, takes out what pruning left without effect: from here on the graph has the file's nodes, or those that have an int8 form. */
const foldStage: Stage = {
  name: 'fold',
  applies: () => true,
  run(work, { recipe }) {
    const folded = prepareForExport(work.graph);
    const { removeDead = false } = recipe.prune ?? {};
    const graph = removeDead ? cloneGraph(folded) : folded;
    if (removeDead) removeDeadUnits(graph);
    if (recipe.quantize) splitPrelu(graph);
    return { ...work, graph };
  },
};

/** All that a recipe may ask for, in the order in which it is done. A new part of the toolbox is one entry. */
export const STAGES: readonly Stage[] = [
  unfoldStage,
  structureStage,
  oneShotStage,
  recoverStage,
  correctStage,
  foldStage,
  equalizeStage,
  awareStage,
  sharedStage,
  mixedStage,
  quantizeStage,
  halfStage,
];
