import { LINEAR, mergeableProducer } from './linear.js';
import { eachNode } from './rewrite.js';

const PRODUCERS = new Set([...LINEAR, 'add', 'sub', 'mul']);

/** A relu or relu6 becomes the `activation` of the layer before it, where nothing else reads that layer. */
export const fuseActivations = eachNode((index, node) => {
  if (node.op !== 'relu' && node.op !== 'relu6') return;
  const producer = mergeableProducer(index, node, PRODUCERS);
  if (producer === undefined) return;
  index.setAttributes(producer, { activation: node.op });
  index.mergeInto(producer, node);
});
