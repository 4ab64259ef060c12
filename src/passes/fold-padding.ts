import type { GraphIndex, Node } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { eachNode } from './rewrite.js';

/** Layers whose own padding is zeros; a pool's padding is no value at all. */
const PADS_WITH_ZEROS = new Set(['conv2d', 'depthwise_conv2d']);

/**
 * Zeros around an image, by `pad2d` or `pad`, become the padding of the convolutions that read it. Before anything else
 * (pools, an output) they stay.
 */
export const foldPadding = eachNode((index, node) => {
  const pads = zeroPads(index, node);
  if (!pads) return;
  for (const reader of index.readersOf(node.outputs[0])) {
    if (!PADS_WITH_ZEROS.has(reader.op)) continue;
    const own = attributesOf(reader).pads as number[];
    const attributes = { ...reader.attributes, pads: own.map((pad, side) => pad + pads[side]) };
    index.change(reader, { inputs: node.inputs, attributes });
  }
});

/** [top, left, bottom, right], where the node puts zeros there and nothing else; stored zeros of an int8 image are its zero point. */
function zeroPads(index: GraphIndex, node: Node): number[] | undefined {
  if (node.op === 'pad2d') return node.attributes.pads as number[];
  if (node.op !== 'pad' || index.outputOf(node).shape.length !== 3) return undefined;
  const { pads, mode, value } = attributesOf(node) as { pads: number[]; mode: string; value: number };
  const isZero = mode === 'constant' && value === 0 && pads[2] === 0 && pads[5] === 0;
  return isZero ? [pads[0], pads[1], pads[3], pads[4]] : undefined;
}
