import { attributesOf } from '../ops/check.js';
import { eachNode } from './rewrite.js';

/**
 * An average pool whose window is the whole image is a global one: the same arithmetic, and an operator of the smallest
 * build. Its image of one pixel becomes a reshape, which a flatten behind it takes in.
 */
export const wholePool = eachNode((index, node) => {
  if (node.op !== 'avg_pool2d') return;
  const { size, pads } = attributesOf(node) as { size: number[]; pads: number[] };
  const { shape } = index.tensor(node.inputs[0]);
  if (`${size}` !== `${shape.slice(0, 2)}` || pads.some((pad) => pad > 0)) return;
  const { dtype, quantization } = index.outputOf(node);
  const pooled = index.insert({
    name: `${node.name}/pool`,
    op: 'global_avg_pool2d',
    inputs: node.inputs,
    output: { shape: [shape[2]], dtype, ...(quantization && { quantization }) },
  });
  index.change(node, { op: 'reshape', inputs: pooled.outputs, attributes: {} });
});
