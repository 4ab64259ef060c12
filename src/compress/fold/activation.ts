import type { Graph } from '../../graph/index.js';
import { LINEAR, mergeableProducer, mergeInto } from './merge.js';

const PRODUCERS = new Set([...LINEAR, 'add']);

/** A relu or relu6 becomes the `activation` of the layer before it, where nothing else reads that layer. */
export function fuseActivations(graph: Graph): void {
  for (const node of graph.nodes.filter(({ op }) => op === 'relu' || op === 'relu6')) {
    const producer = mergeableProducer(graph, node, PRODUCERS);
    if (producer === undefined) continue;
    producer.attributes.activation = node.op;
    mergeInto(graph, producer, node);
  }
}
