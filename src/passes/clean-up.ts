import { removeUnused, type Graph } from '../graph/index.js';
import { mergeTransposes, sinkTransposes } from './cancel-transposes.js';
import { foldAffine } from './fold-affine.js';
import { foldConstants } from './fold-constants.js';
import { foldPadding } from './fold-padding.js';
import { fuseActivations } from './fuse-activations.js';
import { matmulToLayer } from './matmul-to-layer.js';
import { mergeClips } from './merge-clips.js';
import { foldTransposeIntoDense, mergeReshapes } from './merge-reshapes.js';
import { recognizePatterns } from './patterns/index.js';
import { recognizeGlobalPool, recognizeMean } from './reduce-to-pool.js';
import { removeIdentities } from './remove-identities.js';
import { inOrder, untilStable } from './rewrite.js';
import { softmaxLast } from './softmax-last.js';

/** What is recognized comes before what is folded away: a gate's `x + 3` must not end in a bias. */
const passes = untilStable(
  inOrder([
    foldConstants,
    removeIdentities,
    softmaxLast,
    mergeReshapes,
    mergeTransposes,
    sinkTransposes,
    foldTransposeIntoDense,
    mergeClips,
    recognizePatterns,
    recognizeMean,
    recognizeGlobalPool,
    matmulToLayer,
    foldPadding,
    foldAffine,
    fuseActivations,
  ]),
);

/**
 * Rewrites, in place, what a converter left roundabout: the outputs stay what they are, up to f32 rounding, and the graph
 * can still be trained (batch norm and dropout stay).
 */
export function cleanUp(graph: Graph): Graph {
  removeUnused(graph);
  passes(graph);
  return graph;
}
