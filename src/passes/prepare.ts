import { copyGraph, type Graph } from '../graph/index.js';
import { cleanUp } from './clean-up.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { foldPadding } from './fold-padding.js';
import { fuseActivations } from './fuse-activations.js';
import { lower } from './lower/index.js';
import { pixelToDense } from './pixel-to-dense.js';
import { removeDropout } from './remove-dropout.js';
import { inOrder } from './rewrite.js';
import { wholePool } from './whole-pool.js';

const fold = inOrder([removeDropout, foldPadding, foldBatchNorm, fuseActivations, wholePool, pixelToDense]);

/**
 * The graph a model file can hold: no dropout, padding or batch norm, activations inside the layers before them, file
 * operators only (docs/operators.md, "In files"). The outputs are those of `graph` at inference, up to f32 rounding.
 * `graph` stays as it is; the data of weights that are the same are shared.
 */
export function prepareForExport(graph: Graph): Graph {
  const prepared = copyGraph(graph);
  cleanUp(prepared);
  fold(prepared);
  cleanUp(prepared);
  lower(prepared);
  return prepared;
}
