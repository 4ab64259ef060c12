import { removeUnused, type Graph } from '../graph/index.js';
import { foldPadding } from './fold-padding.js';
import { inOrder, untilStable } from './rewrite.js';

const passes = untilStable(inOrder([foldPadding]));

/**
 * Rewrites, in place, what a converter left roundabout: the outputs stay what they are, up to f32 rounding, and the graph
 * can still be trained (batch norm and dropout stay).
 */
export function cleanUp(graph: Graph): Graph {
  removeUnused(graph);
  passes(graph);
  return graph;
}
