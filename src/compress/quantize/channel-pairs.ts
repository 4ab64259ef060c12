import { GraphIndex, type Graph, type Node } from '../../graph/index.js';
import { LINEAR } from '../../passes/linear.js';

/** Layers whose channels may be scaled against each other: what `producer` writes only `consumers` read. */
export interface ChannelPair {
  producer: Node;
  /** The producer's output. */
  tensor: string;
  channels: number;
  consumers: Node[];
  /** Where the producer's activation clips; Infinity but for relu6. */
  cap: number;
}

/** `f(s x) = s f(x)` for each channel and s > 0. */
const HOMOGENEOUS: ReadonlySet<string> = new Set([
  'relu',
  'max_pool2d',
  'avg_pool2d',
  'global_max_pool2d',
  'global_avg_pool2d',
  'reshape',
]);

/**
 * The pairs of a folded f32 graph, in execution order. Between a pair's layers stand only nodes that scale with their
 * input, channel by channel (a flattening `reshape` keeps channels last). A kernel that several nodes share is in no pair, nor is
 * what a sum or the graph's outputs read.
 */
export function channelPairs(graph: Graph): ChannelPair[] {
  const index = new GraphIndex(graph);
  const uses = new Map<string, number>();
  for (const { weights } of graph.nodes)
    for (const name of Object.values(weights)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const isOwn = (node: Node): boolean =>
    LINEAR.has(node.op) && Object.values(node.weights).every((name) => uses.get(name) === 1);
  return graph.nodes.filter(isOwn).flatMap((producer) => {
    const [tensor] = producer.outputs;
    const consumers = consumersOf(index, tensor);
    const channels = index.weights(producer).kernel.shape[0];
    if (!consumers?.every(isOwn) || index.tensor(tensor).shape.at(-1) !== channels) return [];
    const cap = producer.attributes.activation === 'relu6' ? 6 : Infinity;
    return [{ producer, tensor, channels, consumers, cap }];
  });
}

/** All layers that read the tensor, directly or behind homogeneous nodes; undefined where something else does. */
function consumersOf(index: GraphIndex, tensor: string): Node[] | undefined {
  if (index.isOutput(tensor)) return undefined;
  const layers: Node[] = [];
  for (const reader of index.readersOf(tensor)) {
    const behind = HOMOGENEOUS.has(reader.op) ? consumersOf(index, reader.outputs[0]) : [reader];
    if (behind === undefined) return undefined;
    layers.push(...behind);
  }
  return layers.length > 0 ? [...new Set(layers)] : undefined;
}
