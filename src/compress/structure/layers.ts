import type { Graph } from '../../graph/index.js';
import { checkGraph } from '../../ops/check.js';
import { matchLayers } from '../pattern.js';
import { layersAndBlocks, removables, takeOut } from './blocks.js';
import type { ImportanceContext } from './importance.js';
import { LAYER_CRITERIA } from './layer-criteria.js';
import type { LayerOptions } from './schema.js';

/**
 * A copy of the graph without some of its layers and residual branches: those that are named, then `count` more, each time what
 * matters least in what is left.
 *
 * @param graph f32, cleaned up
 * @throws RangeError where a pattern fits nothing that may go, or fewer than `count` may
 */
export async function removeLayers(
  graph: Graph,
  options: LayerOptions,
  context: ImportanceContext,
): Promise<Graph> {
  let smaller = removeNamed(graph, options.remove);
  const { dense, count } = options;
  const fixed = matchLayers('structure.layers.dense', dense, layersAndBlocks(graph));
  for (let done = 0; done < count; done++) {
    const candidates = layersAndBlocks(smaller).filter(({ name }) => !fixed.has(name));
    if (candidates.length === 0)
      throw new RangeError(
        `structure.layers.count: expected at most the ${done} layers and blocks that may go, got ${count}`,
      );
    const scores = await LAYER_CRITERIA[options.criterion](
      smaller,
      candidates,
      options.samples,
      context,
      graph,
    );
    const least = scores.reduce((best, score, i) => (score < scores[best] ? i : best), 0);
    smaller = takeOut(smaller, candidates[least]);
    context.onProgress?.(done + 1, count);
  }
  checkGraph(smaller);
  return smaller;
}

function removeNamed(graph: Graph, patterns: readonly string[]): Graph {
  const named = matchLayers('structure.layers.remove', patterns, removables(graph));
  let smaller = graph;
  // From the end: a branch takes the layers in it along.
  for (const name of [...named.keys()].toReversed()) {
    const now = removables(smaller).find((part) => part.name === name);
    if (now) smaller = takeOut(smaller, now);
  }
  return smaller;
}
