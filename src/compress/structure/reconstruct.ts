import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import {
  copyGraph,
  onlyConsumerOf,
  producerOf,
  type Graph,
  type Node,
  type Weight,
} from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import { Replay } from '../one-shot/replay.js';
import { readSamples, type SampleOptions, type WorkOptions } from '../one-shot/samples.js';
import { patchesOf } from '../quantize/patches.js';
import { leastSquares, type Moments } from './least-squares.js';
import type { Units } from './units.js';

export type ReconstructOptions = SampleOptions & WorkOptions;

/** Of the mean square of what a layer reads: enough where samples are few, nothing where they are many. */
export const RIDGE = 1e-3;

/**
 * Layers that read fewer channels than before are solved anew for the outputs that they had: least squares of the whole network's
 * outputs from what the smaller one reads, layer after layer, so that each also makes good what those before it lost (ThiNet, Luo et
 * al. 2017, section 3.3; He et al. 2017, equation 1). The last layer of a residual branch is solved for the sum: it gives back what its
 * shortcut lacks (He et al. 2017, section 3.3). Convolutions without groups and dense layers; labels are not read.
 *
 * @param units of the whole graph
 * @param smaller what `removeUnits` made of it
 */
export async function reconstruct(
  units: Units,
  smaller: Graph,
  removed: ReadonlySet<number>,
  data: Dataset,
  options: ReconstructOptions,
): Promise<Graph> {
  const graph = copyGraph(smaller);
  const layers = graph.nodes.flatMap((node, index) => (readsLess(units.graph, graph, node) ? [index] : []));
  const samples = await readSamples(data, options);
  const [before, after] = [units.graph, graph].map((each) => new Replay(each, samples));
  try {
    for (const [done, index] of layers.entries()) {
      options.signal?.throwIfAborted();
      solveLayer({ units, graph, removed, before, after, index });
      options.onProgress?.(done + 1, layers.length);
      await setImmediate();
    }
  } finally {
    before.dispose();
    after.dispose();
  }
  return graph;
}

/** True for layers whose kernel's last axis is their input's channels. */
export function readsChannels({ op, attributes }: Node): boolean {
  return op === 'dense' || (op === 'conv2d' && (attributes.groups ?? 1) === 1);
}

function readsLess(source: Graph, graph: Graph, node: Node): boolean {
  if (!readsChannels(node)) return false;
  const { kernel } = node.weights;
  return source.weights.get(kernel)!.shape.at(-1) !== graph.weights.get(kernel)!.shape.at(-1);
}

/** A layer in both graphs, whose nodes stand in the same order. */
interface Layer {
  units: Units;
  graph: Graph;
  removed: ReadonlySet<number>;
  before: Replay;
  after: Replay;
  index: number;
}

function solveLayer(layer: Layer): void {
  const { graph, index } = layer;
  const { weights } = graph.nodes[index];
  const kernel = graph.weights.get(weights.kernel)!;
  const bias = graph.weights.get(weights.bias);
  const change = leastSquares(momentsOf(layer, kernel), RIDGE, bias !== undefined);
  setData(graph, kernel, change.kernel);
  if (bias) setData(graph, bias, change.bias);
}

function setData(graph: Graph, weight: Weight, change: Float64Array): void {
  const data = Float32Array.from(weight.data, (value, i) => value + change[i]);
  graph.weights.set(weight.name, { ...weight, data });
}

/** Of what the layer reads now, and of what its outputs lack of those that they had. */
function momentsOf({ units, graph, removed, before, after, index }: Layer, kernel: Weight): Moments {
  const source = units.graph.weights.get(kernel.name)!;
  const kept = Array.from(units.along(source, 0).entries())
    .filter(([, unit]) => !removed.has(unit))
    .map(([output]) => output);
  const [outputs] = kernel.shape;
  const n = kernel.data.length / outputs;
  const moments: Moments = {
    xx: new Float64Array(n * n),
    xr: new Float64Array(n * outputs),
    x: new Float64Array(n),
    r: new Float64Array(outputs),
    count: 0,
  };
  const shortcut = shortcutOf(graph, index);
  for (let batch = 0; batch < after.batches; batch++) {
    // Not inside tidy: a replay keeps tensors of its own.
    const now = readLayer(graph, index, after, batch, shortcut);
    const was = readLayer(units.graph, index, before, batch, shortcut);
    tf.tidy(() => {
      const wanted = tf.gather(outputOf(units.graph, index, was), kept, 1);
      const lacking = tf.sub(wanted, outputOf(graph, index, now));
      addTo(moments.xx, tf.matMul(now.patches, now.patches, true));
      addTo(moments.xr, tf.matMul(now.patches, lacking, true));
      addTo(moments.x, tf.sum(now.patches, 0));
      addTo(moments.r, tf.sum(lacking, 0));
      moments.count += now.patches.shape[0];
    });
    for (const { patches, beside } of [now, was]) tf.dispose(beside ? [patches, beside] : patches);
  }
  return moments;
}

/**
 * The tensor that is added to what the node gives, and to nothing else's, as they are: a shortcut that is there before the branch
 * ends.
 */
function shortcutOf(graph: Graph, index: number): string | undefined {
  const node = graph.nodes[index];
  const [output] = node.outputs;
  const sum = onlyConsumerOf(graph, output);
  if (sum?.op !== 'add' || (node.attributes.activation ?? 'linear') !== 'linear') return undefined;
  const other = sum.inputs.find((name) => name !== output);
  if (other === undefined || `${shapeOf(graph, other)}` !== `${shapeOf(graph, output)}`) return undefined;
  const producer = producerOf(graph, other);
  const isThere = producer === undefined || graph.nodes.indexOf(producer) < index;
  return isThere ? other : undefined;
}

function shapeOf(graph: Graph, tensor: string): number[] {
  return graph.tensors.get(tensor)!.shape;
}

/** Adds in double precision. */
export function addTo(sums: Float64Array, part: tf.Tensor): void {
  part.dataSync().forEach((value, i) => (sums[i] += value));
}

/** A layer's view of a batch: [pixels, taps] of what it reads, [pixels, outputs] of what its output is added to. */
interface Reading {
  patches: tf.Tensor2D;
  beside?: tf.Tensor;
}

/** The caller disposes both. */
export function readLayer(
  graph: Graph,
  index: number,
  replay: Replay,
  batch: number,
  shortcut?: string,
): Reading {
  const node = graph.nodes[index];
  const [x, other] = replay.inputsOf(index, batch, shortcut === undefined ? [] : [shortcut]);
  const { shape } = graph.weights.get(node.weights.kernel)!;
  const [from, to] = [node.inputs[0], node.outputs[0]].map((name) => shapeOf(graph, name));
  const { data, pixels, taps } = patchesOf(node, x.dataSync() as Float32Array, from, shape, to);
  const beside = other && tf.tidy(() => pixelsOf(other, pixels));
  tf.dispose(other ? [x, other] : x);
  return { patches: tf.tensor2d(data, [pixels, taps]), beside };
}

/** The pixels that `patchesOf` looks at, [pixels, channels]. */
function pixelsOf(tensor: tf.Tensor, pixels: number): tf.Tensor {
  const channels = tensor.shape.at(-1)!;
  const all = tensor.size / channels;
  const looked = Array.from({ length: pixels }, (_, p) => Math.floor((p * all) / pixels));
  return tf.gather(tf.reshape(tensor, [all, channels]), looked);
}

/** Before the activation, with what it is added to: `patches W^T + b + beside`. */
function outputOf(graph: Graph, index: number, { patches, beside }: Reading): tf.Tensor {
  const { weights } = graph.nodes[index];
  const kernel = graph.weights.get(weights.kernel)!;
  const bias = graph.weights.get(weights.bias);
  const matrix = tf.tensor2d(kernel.data as Float32Array, [kernel.shape[0], patches.shape[1]]);
  const products = tf.matMul(patches, matrix, false, true);
  const sums = bias ? tf.add(products, tf.tensor1d(bias.data as Float32Array)) : products;
  return beside ? tf.add(sums, beside) : sums;
}
