import { cloneGraph, weightOf, weightsOf, type Graph, type Node } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import type { Stage } from '../stage.js';
import { observeSamples, type SampleOptions } from './calibrate.js';
import { channelPairs, type ChannelPair } from './channel-pairs.js';
import { ChannelObserver } from './observers.js';

/** What is made alike: the ranges of both layers' weights, or those of the channels between them. */
export type EqualizeBy = 'weights' | 'activations';

/** Least and greatest value of each channel (last axis) of an activation. */
export interface ChannelRange {
  min: Float32Array;
  max: Float32Array;
}

/** Over samples, of every activation that lies between two layers. */
export async function channelRanges(
  graph: Graph,
  data: Dataset,
  options: SampleOptions,
): Promise<Map<string, ChannelRange>> {
  const observers = new Map(
    channelPairs(graph).map(({ tensor, channels }) => [tensor, new ChannelObserver(channels)]),
  );
  await observeSamples(graph, data, options, (name, values) => observers.get(name)?.observe(values));
  return observers;
}

/** Nagel et al.: the rounds until scales stay within a thousandth. */
const ROUNDS = 20;
const STILL = 1e-3;

/**
 * Scales channels between layers, so that int8's one scale a tensor suits all of them. With `S = diag(s)`, s > 0 and an activation f that
 * scales with its input, `W2 f(W1 x + b1) = (W2 S) f(S^-1 W1 x + S^-1 b1)`: the same function, up to f32 rounding.
 *
 * - `weights`: cross-layer equalization (Nagel et al. 2019): `s = sqrt(r1 / r2)`, where `r1` and `r2` are the greatest magnitudes of a channel's
 *   weights in both layers, again until nothing moves. For kernels with one scale.
 * - `activations`: each channel's range becomes the tensor's, `s = range of channel / range of tensor`. A kernel with a scale a channel takes that up for
 *   nothing as its rows, as the layer before does, and a depthwise layer behind. Other layers behind have it in their columns, and pay
 *   in their own rounding: there `s` is the square root of it (SmoothQuant, Xiao et al. 2023, with strength 0.5).
 *
 * relu6 clips at 6 whatever the scale: a channel that reaches it stays as it is, the others stay below it (on the samples of `ranges`: what lies beyond
 * is clipped, as int8 would).
 *
 * @param graph folded, f32; stays as it is
 * @param ranges by tensor: see `channelRanges`
 */
export function equalize(graph: Graph, ranges: ReadonlyMap<string, ChannelRange>, by: EqualizeBy): Graph {
  const equal = cloneGraph(graph);
  const known = new Map(Array.from(ranges, ([name, range]) => [name, magnitudes(range)]));
  const pairs = channelPairs(equal);
  const rule = by === 'weights' ? weightScales : activationScales;
  const rounds = by === 'weights' ? ROUNDS : 1;
  for (let round = 0, moved = Infinity; round < rounds && moved > STILL; round++) {
    moved = 0;
    for (const pair of pairs) {
      const reach = known.get(pair.tensor)!;
      const scales = rule(equal, pair, reach).map((s, c) => withinCap(s, reach[c], pair.cap));
      scalePair(equal, pair, scales);
      scales.forEach((s, c) => {
        reach[c] /= s;
        moved = Math.max(moved, Math.abs(Math.log(s)));
      });
    }
  }
  return equal;
}

function magnitudes({ min, max }: ChannelRange): Float64Array {
  return Float64Array.from(min, (low, c) => Math.max(-low, max[c]));
}

function weightScales(graph: Graph, { producer, consumers, channels }: ChannelPair): Float64Array {
  const before = rowMagnitudes(graph, producer);
  const after = new Float64Array(channels);
  for (const consumer of consumers) {
    const { data } = weightsOf(graph, consumer).kernel;
    const channelAt = inputChannels(consumer, data.length, channels);
    data.forEach((w, i) => (after[channelAt(i)] = Math.max(after[channelAt(i)], Math.abs(w))));
  }
  return before.map((r1, c) => (r1 > 0 && after[c] > 0 ? Math.sqrt(r1 / after[c]) : 1));
}

function activationScales(_graph: Graph, { consumers, cap }: ChannelPair, reach: Float64Array): Float64Array {
  const whole = Math.min(cap, Math.max(...reach));
  const strength = consumers.every(({ op }) => op === 'depthwise_conv2d') ? 1 : 0.5;
  return reach.map((r) => (r > 0 ? (r / whole) ** strength : 1));
}

/** What reaches the cap keeps its scale; what does not may be scaled up to it. */
function withinCap(scale: number, reach: number, cap: number): number {
  if (cap === Infinity || !(reach > 0)) return cap === Infinity ? scale : 1;
  return reach >= cap * (1 - 2 ** -20) ? 1 : Math.max(scale, reach / cap);
}

function rowMagnitudes(graph: Graph, node: Node): Float64Array {
  const { data, shape } = weightsOf(graph, node).kernel;
  const size = data.length / shape[0];
  const rows = new Float64Array(shape[0]);
  data.forEach((w, i) => (rows[Math.floor(i / size)] = Math.max(rows[Math.floor(i / size)], Math.abs(w))));
  return rows;
}

/** `1 / s` into the rows and the bias of the layer before, `s` into the columns of those behind. */
function scalePair(graph: Graph, { producer, consumers, channels }: ChannelPair, scales: Float64Array): void {
  for (const role of ['kernel', 'bias']) {
    if (producer.weights[role] === undefined) continue;
    const { data } = weightOf(graph, producer.weights[role]);
    const size = data.length / channels;
    for (let i = 0; i < data.length; i++) data[i] /= scales[Math.floor(i / size)];
  }
  for (const consumer of consumers) {
    const { data } = weightsOf(graph, consumer).kernel;
    const channelAt = inputChannels(consumer, data.length, channels);
    for (let i = 0; i < data.length; i++) data[i] *= scales[channelAt(i)];
  }
}

/** The channel that the kernel's i-th weight reads. */
function inputChannels(node: Node, weights: number, channels: number): (i: number) => number {
  if (node.op !== 'depthwise_conv2d') return (i) => i % channels;
  const each = weights / channels;
  return (i) => Math.floor(i / each);
}

/** `quantize.equalize`: between folding and whatever rounds. */
export const equalizeStage: Stage = {
  name: 'equalize',
  applies: ({ quantize }) => Boolean(quantize?.equalize),
  async run(work, { recipe, data, onProgress, signal }) {
    const { equalize: by, weights, activations } = recipe.quantize!;
    const usual = weights.per === 'channel' ? 'activations' : 'weights';
    const ranges = await channelRanges(work.graph, data, {
      samples: activations.samples,
      preprocessing: recipe.preprocessing,
      seed: recipe.seed,
      onProgress: (done, total) => onProgress?.({ phase: 'calibrate', done, total }),
      signal,
    });
    return { ...work, graph: equalize(work.graph, ranges, typeof by === 'string' ? by : usual) };
  },
};
