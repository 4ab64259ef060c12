import { consumersOf, removeNode, type Graph, type Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import { ownWeight } from './merge.js';

/** Layers whose own padding is zeros, as `pad2d`'s is; a pool's padding is no value at all. */
const PADS_WITH_ZEROS = new Set(['conv2d', 'depthwise_conv2d']);

/**
 * `pad2d` becomes the padding of the convolutions that read it; before anything else (pools, an output) it becomes a
 * depthwise 1x1 convolution of ones with that padding.
 */
export function foldPadding(graph: Graph): void {
  for (const node of graph.nodes.filter(({ op }) => op === 'pad2d')) {
    const consumers = consumersOf(graph, node.outputs[0]);
    const isOutput = graph.outputs.includes(node.outputs[0]);
    if (!isOutput && consumers.every(({ op }) => PADS_WITH_ZEROS.has(op))) {
      consumers.forEach((consumer) => addPads(consumer, node.attributes.pads as number[]));
      removeNode(graph, node);
    } else becomeDepthwise(graph, node);
  }
}

function addPads(node: Node, pads: number[]): void {
  const own = attributesOf(node).pads as number[];
  node.attributes.pads = own.map((pad, side) => pad + pads[side]);
}

function becomeDepthwise(graph: Graph, node: Node): void {
  const channels = graph.tensors.get(node.inputs[0])!.shape[2];
  node.op = 'depthwise_conv2d';
  const data = new Float32Array(channels).fill(1);
  ownWeight(graph, node, 'kernel', { shape: [channels, 1, 1, 1], dtype: 'f32', data, block: [1, 1] });
}
