import { elements, type Weight } from '../../graph/index.js';
import { eachNode } from '../rewrite.js';

/**
 * A grouped conv2d: as many groups as channels are a depthwise convolution, fewer an ordinary one with zeros outside the
 * groups, which a file does not store and a sparse kernel does not multiply. A file's conv2d has no such attribute.
 */
export const lowerGroups = eachNode((index, node) => {
  if (node.op !== 'conv2d' || node.attributes.groups === undefined) return;
  const { groups, ...attributes } = node.attributes as { groups: number };
  const { kernel } = index.weights(node);
  if (groups === 1) index.change(node, { attributes });
  else if (kernel.shape[3] === 1) index.change(node, { op: 'depthwise_conv2d', attributes });
  else {
    index.setWeight(node, 'kernel', ungrouped(kernel, groups));
    index.change(node, { attributes });
  }
});

/** Kernel [O,KH,KW,C/g] -> [O,KH,KW,C], zeros outside each output's group. */
export function ungrouped(kernel: Weight, groups: number): Weight {
  const [outputs, rows, columns, inner] = kernel.shape;
  const taps = rows * columns;
  const shape = [outputs, rows, columns, inner * groups];
  const data =
    kernel.data.constructor === Float32Array
      ? new Float32Array(elements(shape))
      : new Int8Array(elements(shape));
  for (let row = 0; row < outputs * taps; row++) {
    const group = Math.floor((row / taps / outputs) * groups);
    data.set(kernel.data.subarray(row * inner, (row + 1) * inner), (row * groups + group) * inner);
  }
  return { ...kernel, shape, data };
}
