import { eachNode } from './rewrite.js';

/**
 * `reshape(softmax(x))` becomes `softmax(reshape(x))` where the last axis stays: Keras' MobileNets reshape [1,1,classes] behind their softmax. What the output's
 * softmax reads are then the logits, which training and comparisons look for there.
 */
export const softmaxLast = eachNode((index, node) => {
  if (node.op !== 'reshape') return;
  const softmax = index.producerOf(node.inputs[0]);
  if (softmax?.op !== 'softmax' || !index.isOnlyReader(node.inputs[0], node)) return;
  const output = index.outputOf(node);
  if (output.shape.at(-1) !== index.outputOf(softmax).shape.at(-1)) return;
  const { inputs, attributes } = softmax;
  const { shape, dtype } = output;
  const reshaped = index.insert({
    name: `${node.name}/logits`,
    op: 'reshape',
    inputs,
    attributes: node.attributes,
    output: { shape, dtype },
  });
  index.change(node, { op: 'softmax', inputs: reshaped.outputs, attributes });
});
