import type { GraphIndex, Node } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { eachNode } from './rewrite.js';

/** Layers whose own padding is zeros; a pool's padding is no value at all. */
const PADS_WITH_ZEROS = new Set(['conv2d', 'depthwise_conv2d']);

/** Operators that give nothing below 0. */
const NEVER_NEGATIVE = new Set([
  'relu',
  'relu6',
  'sigmoid',
  'hard_sigmoid',
  'softmax',
  'abs',
  'square',
  'exp',
]);

/**
 * Zeros around an image, by `pad2d` or `pad`, become the padding of the convolutions that read it, and of pools of maxima
 * where the image is nowhere negative: then a zero never wins. Before anything else (averages, an output) they stay.
 */
export const foldPadding = eachNode((index, node) => {
  const pads = zeroPads(index, node);
  if (!pads) return;
  for (const reader of index.readersOf(node.outputs[0])) {
    const fits = PADS_WITH_ZEROS.has(reader.op) || fitsPool(index, node, reader, pads);
    if (!fits) continue;
    const attributes = { ...reader.attributes, pads: sumOf(attributesOf(reader).pads as number[], pads) };
    index.change(reader, { inputs: node.inputs, attributes });
  }
});

/** A pool's padding is smaller than its window. */
function fitsPool(index: GraphIndex, node: Node, reader: Node, pads: number[]): boolean {
  if (reader.op !== 'max_pool2d' || !isNeverNegative(index, node.inputs[0])) return false;
  const { pads: own, size } = attributesOf(reader) as { pads: number[]; size: number[] };
  return sumOf(own, pads).every((pad, side) => pad < size[side % 2]);
}

function isNeverNegative(index: GraphIndex, tensor: string): boolean {
  const producer = index.producerOf(tensor);
  if (!producer) return false;
  return NEVER_NEGATIVE.has(producer.op) || (producer.attributes.activation ?? 'linear') !== 'linear';
}

function sumOf(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]);
}

/** [top, left, bottom, right], where the node puts zeros there and nothing else; stored zeros of an int8 image are its zero point. */
function zeroPads(index: GraphIndex, node: Node): number[] | undefined {
  if (node.op === 'pad2d') return node.attributes.pads as number[];
  if (node.op !== 'pad' || index.outputOf(node).shape.length !== 3) return undefined;
  const { pads, mode, value } = attributesOf(node) as { pads: number[]; mode: string; value: number };
  const isZero = mode === 'constant' && value === 0 && pads[2] === 0 && pads[5] === 0;
  return isZero ? [pads[0], pads[1], pads[3], pads[4]] : undefined;
}
