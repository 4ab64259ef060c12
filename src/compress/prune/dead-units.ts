import { GraphIndex, usersOf, type Graph, type Node, type Weight } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';

/** A layer and the only layer that reads it, with what stands between: all keep channels apart, channels last. */
interface Link {
  from: Node;
  between: Node[];
  to: Node;
}

type Layer = { kernel: Weight; bias?: Weight };

const LAYERS = ['dense', 'conv2d'];
/** What gives each channel of an image the same value where its input has one. */
const KEEPS_CONSTANTS: Record<string, ((value: number) => number) | undefined> = {
  relu: (value) => Math.max(0, value),
  relu6: (value) => Math.min(6, Math.max(0, value)),
  max_pool2d: (value) => value,
  global_max_pool2d: (value) => value,
  global_avg_pool2d: (value) => value,
  reshape: (value) => value,
  dropout: (value) => value,
};
const ACTIVATIONS: Record<string, ((value: number) => number) | undefined> = {
  linear: (value) => value,
  relu: KEEPS_CONSTANTS.relu,
  relu6: KEEPS_CONSTANTS.relu6,
};
/** What else keeps channels apart. */
const KEEPS_CHANNELS = [...Object.keys(KEEPS_CONSTANTS), 'avg_pool2d', 'batch_norm'];

/**
 * Takes out of f32 kernels, in place, what pruning has left without effect; the outputs stay as they are, up to the rounding of f32.
 *
 * - a unit (output of a dense layer or convolution) that nobody reads: its kernel and bias become 0;
 * - a unit without inputs is a constant: what it adds goes into the next layer's bias, and its weights there become 0.
 *
 * Such weights would cost bytes, and hold places that a global cut could give to others.
 */
export function removeDeadUnits(graph: Graph): void {
  const index = new GraphIndex(graph);
  const links = graph.nodes.map((node) => linkFrom(index, node)).filter((link) => link !== undefined);
  for (const link of links) foldConstantUnits(index, link);
  for (const link of links.reverse()) clearUnreadUnits(index, link);
}

function linkFrom(index: GraphIndex, from: Node): Link | undefined {
  if (!isLayer(index, from)) return undefined;
  const between: Node[] = [];
  let [tensor] = from.outputs;
  for (;;) {
    const [reader, ...others] = index.readersOf(tensor);
    if (reader === undefined || others.length > 0 || index.isOutput(tensor)) return undefined;
    if (isLayer(index, reader)) return { from, between, to: reader };
    if (!KEEPS_CHANNELS.includes(reader.op) || !keepsChannelsLast(index, reader)) return undefined;
    between.push(reader);
    [tensor] = reader.outputs;
  }
}

/** A layer without groups, whose weights no other node has. */
function isLayer({ graph }: GraphIndex, node: Node): boolean {
  if (!LAYERS.includes(node.op) || (attributesOf(node).groups ?? 1) !== 1) return false;
  return Object.values(node.weights).every((name) => usersOf(graph, name).length === 1);
}

/** A reshape only where it makes a vector. */
function keepsChannelsLast(index: GraphIndex, node: Node): boolean {
  return node.op !== 'reshape' || index.outputOf(node).shape.length === 1;
}

function layerOf(index: GraphIndex, node: Node): Layer {
  const { kernel, bias } = index.weights(node);
  return { kernel, bias };
}

/** Visits the kernel elements of `to` that read unit `unit` of `units`: its inputs are `[..., units]`, flat where an image was. */
function forEachReading(
  kernel: Weight,
  units: number,
  unit: number,
  visit: (element: number, output: number) => void,
): void {
  const size = kernel.data.length / kernel.shape[0];
  for (let element = unit; element < kernel.data.length; element += units)
    visit(element, Math.floor(element / size));
}

function clearUnreadUnits(index: GraphIndex, { from, to }: Link): void {
  const { kernel, bias } = layerOf(index, from);
  const reader = layerOf(index, to).kernel;
  const [units] = kernel.shape;
  const size = kernel.data.length / units;
  for (let unit = 0; unit < units; unit++) {
    let read = false;
    forEachReading(reader, units, unit, (element) => (read ||= reader.data[element] !== 0));
    if (read) continue;
    kernel.data.fill(0, unit * size, (unit + 1) * size);
    if (bias) bias.data[unit] = 0;
  }
}

function foldConstantUnits(index: GraphIndex, link: Link): void {
  const { kernel, bias } = layerOf(index, link.from);
  const reader = layerOf(index, link.to);
  const [units] = kernel.shape;
  const size = kernel.data.length / units;
  for (let unit = 0; unit < units; unit++) {
    if (kernel.data.subarray(unit * size, (unit + 1) * size).some((w) => w !== 0)) continue;
    const value = constantOf(link, bias?.data[unit] ?? 0);
    if (value === undefined || (value !== 0 && !canFold(link.to, reader))) continue;
    forEachReading(reader.kernel, units, unit, (element, output) => {
      if (value !== 0) reader.bias!.data[output] += value * reader.kernel.data[element];
      reader.kernel.data[element] = 0;
    });
  }
}

/** What the next layer reads of a unit without inputs; undefined where that is not one number. */
function constantOf({ from, between }: Link, bias: number): number | undefined {
  let value = ACTIVATIONS[attributesOf(from).activation as string]?.(bias);
  for (const { op } of between) value = value === undefined ? undefined : KEEPS_CONSTANTS[op]?.(value);
  return value;
}

/** A padded convolution reads zeros around the constant. */
function canFold(to: Node, { bias }: Layer): boolean {
  const pads = (attributesOf(to).pads ?? []) as number[];
  return bias !== undefined && pads.every((pad) => pad === 0);
}
