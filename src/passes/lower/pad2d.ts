import { eachNode } from '../rewrite.js';

/** `pad2d` that no convolution took as its own padding is a `pad` of zeros. */
export const lowerPad2d = eachNode((index, node) => {
  if (node.op !== 'pad2d') return;
  const [top, left, bottom, right] = node.attributes.pads as number[];
  index.change(node, { op: 'pad', attributes: { pads: [top, left, 0, bottom, right, 0] } });
});
