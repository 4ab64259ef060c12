import { cloneGraph, removeUnused, type Graph } from '../graph/index.js';
import { fuseActivations } from './fold/activation.js';
import { foldBatchNorm } from './fold/batch-norm.js';
import { removeDropout } from './fold/dropout.js';
import { foldPadding } from './fold/padding.js';

/**
 * The graph a model file can hold: no dropout, padding or batch norm, activations inside the layers before them. The
 * outputs are those of `graph` at inference, up to f32 rounding. `graph` stays as it is.
 */
export function foldGraph(graph: Graph): Graph {
  const folded = cloneGraph(graph);
  removeDropout(folded);
  foldPadding(folded);
  foldBatchNorm(folded);
  fuseActivations(folded);
  removeUnused(folded);
  return folded;
}
