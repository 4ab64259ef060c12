import type { GraphIndex, Node } from '../graph/index.js';
import { LINEAR, mergeableProducer } from './linear.js';
import { eachNode } from './rewrite.js';

const PRODUCERS = new Set([...LINEAR, 'add', 'sub', 'mul']);

/** A relu or relu6 becomes the `activation` of the layer before it, where nothing else reads that layer; reshapes may stand between. */
export const fuseActivations = eachNode((index, node) => {
  if (node.op !== 'relu' && node.op !== 'relu6') return;
  const layer = layerBefore(index, node);
  if (layer === undefined) return;
  index.setAttributes(layer, { activation: node.op });
  index.mergeInto(index.producerOf(node.inputs[0])!, node);
});

function layerBefore(index: GraphIndex, node: Node): Node | undefined {
  const [x] = node.inputs;
  const layer = mergeableProducer(index, node, PRODUCERS);
  const between = index.producerOf(x);
  if (layer || between?.op !== 'reshape' || !index.isOnlyReader(x, node)) return layer;
  return layerBefore(index, between);
}
