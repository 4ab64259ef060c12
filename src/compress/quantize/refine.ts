import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { weightsOf, type Graph, type Node, type Quantization, type Weight } from '../../graph/index.js';
import {
  Batcher,
  createParameters,
  logitsOf,
  runNode,
  tidyValues,
  weightTensors,
  type Dataset,
  type Preprocessing,
} from '../../train/index.js';
import { biasUnits, realValues, scalesOf } from './changes.js';
import { patchesOf, type Patches } from './patches.js';
import type { Precision } from './precision.js';
import { descend, wholeLevels } from './rounding.js';
import { roundTo } from './simulate.js';

export interface RefineOptions {
  /** Training samples, held in memory with two layers' values each; labels are not read. */
  samples: number;
  /** Of layers by name; default 8 bits. Shared weights move from one entry to the next. */
  precisions?: ReadonlyMap<string, Precision>;
  seed: number;
  preprocessing?: Preprocessing;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** A tensor's values in the f32 network and in the int8 one, each `[batch, ...shape]`, real. */
interface Values {
  exact: tf.Tensor;
  rounded: tf.Tensor;
}

/**
 * Lowers what int8 changes, layer after layer, from what the layer reads after all int8 before it: its weights are rounded so that the
 * error of its outputs is least (`descend`), then its bias gives back what the mean of each output lost, rounding of
 * activations included ("empirical bias correction", Nagel et al. 2019).
 * @param graph folded, f32
 * @param quantized what `quantizeGraph` made of it; its weights and biases are changed in place
 */
export async function refine(
  graph: Graph,
  quantized: Graph,
  data: Dataset,
  options: RefineOptions,
): Promise<void> {
  const nodes = new Map(quantized.nodes.map((node) => [node.name, node]));
  const scales = scalesOf(quantized);
  const values = new Map([[graph.inputs[0], await inputValues(graph, data, options, scales)]]);
  const until = logitsOf(graph);
  const done = new Set<string>();
  try {
    for (let index = 0; index < graph.nodes.length; index++) {
      options.signal?.throwIfAborted();
      const node = graph.nodes[index];
      const layer = nodes.get(node.name);
      const refined = layer?.weights.scale !== undefined && layer.weights.kernel !== undefined;
      if (refined) refineLayer({ graph, node, quantized, layer, values, options, done });
      values.set(
        node.outputs[0],
        run({ graph, node, quantized, layer: refined ? layer : undefined, values }, scales),
      );
      if (node.outputs[0] === until) break;
      forget(graph, index, values);
      options.onProgress?.(index + 1, graph.nodes.length);
      await setImmediate();
    }
  } finally {
    for (const { exact, rounded } of values.values()) tf.dispose([exact, rounded]);
  }
}

/** A layer in both graphs. */
interface Pair {
  graph: Graph;
  node: Node;
  quantized: Graph;
  /** Undefined where the node has no int8 weights. */
  layer?: Node;
  values: Map<string, Values>;
}

async function inputValues(
  graph: Graph,
  data: Dataset,
  options: RefineOptions,
  scales: Map<string, Quantization>,
): Promise<Values> {
  const [name] = graph.inputs;
  const { inputShape } = data;
  const preprocessing = options.preprocessing ?? data.preprocessing;
  const batch = Math.min(options.samples, data.train.count);
  const { x } = await new Batcher(data.train, { batch, preprocessing, inputShape }).shuffled(
    0,
    0,
    options.seed,
  );
  const exact = tf.tensor(x, [batch, ...graph.tensors.get(name)!.shape], 'float32');
  return { exact, rounded: roundTo(exact, scales.get(name)) };
}

function run(pair: Pair, scales: Map<string, Quantization>): Values {
  const [name] = pair.node.outputs;
  const exact = compute(pair, 'exact');
  const real = compute(pair, 'rounded');
  const rounded = roundTo(real, scales.get(name));
  real.dispose();
  return { exact, rounded };
}

/** The node's output on either side, not yet rounded. */
function compute({ graph, node, quantized, layer, values }: Pair, side: keyof Values): tf.Tensor {
  const weights = new Map(
    Object.entries(weightsOf(graph, node)).map(([role, weight]): [string, Weight] => [
      weight.name,
      layer && side === 'rounded' ? { ...weight, data: realValues(quantized, layer, role) } : weight,
    ]),
  );
  const tensors = weightTensors(createParameters({ ...graph, nodes: [node], weights }));
  const inputs = new Map(node.inputs.map((name) => [name, values.get(name)![side]]));
  const output = tf.tidy(() => tf.clone(runNode(graph, node, 0, inputs, tensors, {})));
  tf.dispose([...tensors.values()]);
  return output;
}

interface Refined extends Pair {
  layer: Node;
  options: RefineOptions;
  /** Kernels that layers share are rounded for the first of them. */
  done: Set<string>;
}

function refineLayer(pair: Refined): void {
  const kernel = pair.layer.weights.kernel;
  if (!pair.done.has(kernel)) roundKernel(pair);
  pair.done.add(kernel);
  if (pair.layer.weights.bias !== undefined) for (let i = 0; i < BIAS_STEPS; i++) correctBias(pair);
}

/** Behind an activation an output's mean moves by less than its bias. */
const BIAS_STEPS = 3;

function correctBias(pair: Refined): void {
  const { quantized, layer } = pair;
  const lost = tidyValues(() => {
    const difference = tf.sub(compute(pair, 'exact'), compute(pair, 'rounded'));
    const channels = difference.shape.at(-1)!;
    return tf.mean(tf.reshape(difference, [-1, channels]), 0).dataSync();
  });
  const { data } = weightsOf(quantized, layer).bias;
  biasUnits(quantized, layer).forEach((unit, o) => (data[o] += Math.round(lost[o] / unit)));
}

function roundKernel({ graph, node, quantized, layer, values, options: { precisions } }: Refined): void {
  const { shape, data: real } = weightsOf(graph, node).kernel;
  const { kernel, scale } = weightsOf(quantized, layer);
  const input = graph.tensors.get(node.inputs[0])!;
  const x = values.get(input.name)!.rounded.dataSync() as Float32Array;
  const patches = patchesOf(node, x, input.shape, shape, graph.tensors.get(node.outputs[0])!.shape);
  const { groups, taps } = patches;
  const moments = momentsOf(patches);
  const perGroup = shape[0] / groups;
  const levels = levelsOf(precisions?.get(node.name) ?? 8, kernel.data as Int8Array);
  for (let o = 0; o < shape[0]; o++) {
    const group = Math.floor(o / perGroup);
    const row = {
      real: (real as Float32Array).subarray(o * taps, (o + 1) * taps),
      whole: (kernel.data as Int8Array).subarray(o * taps, (o + 1) * taps),
      scale: scale.data[scale.data.length === 1 ? 0 : o],
    };
    descend(row, moments.subarray(group * taps * taps, (group + 1) * taps * taps), levels);
  }
}

/** What the layer's whole weights may be. */
function levelsOf(precision: Precision, whole: Int8Array): Int8Array {
  if (typeof precision === 'number') return wholeLevels(precision);
  return Int8Array.from(new Set(whole)).sort();
}

/** Added to the diagonal, of its mean: few samples say little about sums of many taps. */
const DAMPING = 0.01;

/** `[groups, taps, taps]`: covariances, since the bias takes up what is lost on average. */
function momentsOf({ data, groups, pixels, taps }: Patches): Float32Array {
  return tidyValues(() => {
    const x = tf.tensor3d(data, [groups, pixels, taps]);
    const centred = tf.sub(x, tf.mean(x, 1, true));
    const moments = tf.div(tf.matMul(centred, centred, true, false), pixels);
    const identity = tf.eye(taps);
    const variance = tf.div(tf.sum(tf.mul(moments, identity), [1, 2], true), taps);
    return tf.add(moments, tf.mul(identity, tf.mul(variance, DAMPING))).dataSync() as Float32Array;
  });
}

/** Drops what no later node reads. */
function forget(graph: Graph, index: number, values: Map<string, Values>): void {
  const later = new Set(graph.nodes.slice(index + 1).flatMap(({ inputs }) => inputs));
  for (const [name, { exact, rounded }] of values) {
    if (later.has(name)) continue;
    tf.dispose([exact, rounded]);
    values.delete(name);
  }
}
