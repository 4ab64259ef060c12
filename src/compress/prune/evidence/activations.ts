import { dispose, tidy } from '@tensorflow/tfjs-core';
import { onlyConsumerOf, type Graph, type Node } from '../../../graph/index.js';
import { createParameters, forward, logitsOf, weightTensors } from '../../../train/index.js';
import type { OutputStatistics, Scored } from '../criteria.js';
import type { Collection } from './collect.js';
import { forEachSample, inputTensor } from './samples.js';

/** Told a tensor's values, samples one after another and channels last. */
interface Watcher {
  add(values: Float32Array, samples: number): void;
}

/** Root mean square of each input channel, over samples and positions, given to every weight that multiplies it. */
export async function collectInputNorms(collection: Collection): Promise<void> {
  const { graph, kernels, users } = collection;
  const watchers = new Map<string, SquareMean>();
  for (const name of kernels.keys())
    for (const user of users.get(name)!) {
      const tensor = inputOf(user);
      watchers.set(tensor, new SquareMean(graph.tensors.get(tensor)!.shape.at(-1)!));
    }
  await watch(collection, watchers);
  for (const [name, kernel] of kernels) {
    const read = users.get(name)!.map((user) => watchers.get(inputOf(user))!.means());
    const means = read[0].map((_, c) => read.reduce((sum, each) => sum + each[c], 0) / read.length);
    kernel.inputNorm = byInput(kernel, means.map(Math.sqrt), users.get(name)![0].node);
  }
}

/** What a weight multiplies: of a recurrent kernel the layer's own output. */
function inputOf({ node, role }: { node: Node; role: string }): string {
  return role === 'recurrent' ? node.outputs[0] : node.inputs[0];
}

/** One number a channel becomes one a weight: with groups, outputs read their group's channels only. */
function byInput({ shape, values }: Scored, channels: Float64Array, node: Node): Float32Array {
  const inputs = shape.at(-1)!;
  const row = values.length / shape[0];
  const perGroup = shape[0] / ((node.attributes.groups as number | undefined) ?? 1);
  return Float32Array.from(values, (_, index) => {
    const group = Math.floor(Math.floor(index / row) / perGroup);
    return channels[group * inputs + (index % inputs)];
  });
}

/** Of each output's activations, behind the batch norm and activation function that alone read the layer. */
export async function collectOutputs(collection: Collection): Promise<void> {
  const { graph, kernels, users } = collection;
  const watchers = new Map<string, Activations>();
  const outputsOf = (name: string): string[] => users.get(name)!.map(({ node }) => featureOf(graph, node));
  for (const name of kernels.keys())
    for (const tensor of outputsOf(name))
      watchers.set(tensor, new Activations(graph.tensors.get(tensor)!.shape.at(-1)!));
  await watch(collection, watchers);
  for (const [name, kernel] of kernels) {
    const statistics = outputsOf(name).map((tensor) => watchers.get(tensor)!.statistics());
    kernel.outputs = repeated(averaged(statistics), kernel.shape[0]);
  }
}

/** Operators of one value that belong to the layer before them. */
const BEHIND = new Set([
  'batch_norm',
  'relu',
  'relu6',
  'prelu',
  'leaky_relu',
  'elu',
  'selu',
  'gelu',
  'swish',
  'hard_swish',
  'clip',
  'sigmoid',
  'hard_sigmoid',
  'tanh',
  'softplus',
]);

/** The tensor that later layers see of a layer. */
export function featureOf(graph: Graph, layer: Node): string {
  let [tensor] = layer.outputs;
  for (;;) {
    const next = onlyConsumerOf(graph, tensor);
    if (!next || !BEHIND.has(next.op)) return tensor;
    [tensor] = next.outputs;
  }
}

/** A shared kernel's statistics: the mean of its nodes'. */
function averaged(all: OutputStatistics[]): OutputStatistics {
  const mean = (key: keyof OutputStatistics): Float64Array =>
    all[0][key].map((_, o) => all.reduce((sum, each) => sum + each[key][o], 0) / all.length);
  return {
    absoluteMean: mean('absoluteMean'),
    zeros: mean('zeros'),
    variance: mean('variance'),
    entropy: mean('entropy'),
  };
}

/** Recurrent kernels have as many rows a unit as gates: row r is of unit r mod units. */
function repeated(statistics: OutputStatistics, rows: number): OutputStatistics {
  const each = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => values[row % values.length]);
  return {
    absoluteMean: each(statistics.absoluteMean),
    zeros: each(statistics.zeros),
    variance: each(statistics.variance),
    entropy: each(statistics.entropy),
  };
}

/** Runs the samples through the graph and shows the watchers their tensors. */
async function watch(
  { graph, data, options }: Collection,
  watchers: ReadonlyMap<string, Watcher>,
): Promise<void> {
  const weights = weightTensors(createParameters(graph));
  const until = logitsOf(graph);
  try {
    await forEachSample(data, options, (batch) =>
      tidy(() => {
        forward(graph, weights, inputTensor(graph, batch), {
          until,
          onTensor: (name, values) => {
            watchers.get(name)?.add(values.dataSync() as Float32Array, batch.count);
          },
        });
      }),
    );
  } finally {
    dispose([...weights.values()]);
  }
}

class SquareMean implements Watcher {
  readonly #sums: Float64Array;
  #count = 0;

  constructor(channels: number) {
    this.#sums = new Float64Array(channels);
  }

  add(values: Float32Array): void {
    const sums = this.#sums;
    for (let at = 0; at < values.length; at += sums.length)
      for (let c = 0; c < sums.length; c++) sums[c] += values[at + c] ** 2;
    this.#count += values.length / sums.length;
  }

  means(): Float64Array {
    return this.#sums.map((sum) => sum / this.#count);
  }
}

class Activations implements Watcher {
  readonly #channels: number;
  readonly #sums: Record<'value' | 'absolute' | 'square' | 'zero', Float64Array>;
  /** Means over positions, sample by sample. */
  readonly #samples: Float64Array[] = [];
  #count = 0;

  constructor(channels: number) {
    const zeros = (): Float64Array => new Float64Array(channels);
    this.#channels = channels;
    this.#sums = { value: zeros(), absolute: zeros(), square: zeros(), zero: zeros() };
  }

  add(values: Float32Array, samples: number): void {
    const length = values.length / samples;
    for (let sample = 0; sample < samples; sample++)
      this.#addSample(values.subarray(sample * length, (sample + 1) * length));
  }

  #addSample(values: Float32Array): void {
    const { value, absolute, square, zero } = this.#sums;
    const channels = this.#channels;
    const own = new Float64Array(channels);
    for (let at = 0; at < values.length; at += channels)
      for (let c = 0; c < channels; c++) {
        const v = values[at + c];
        own[c] += v;
        absolute[c] += Math.abs(v);
        square[c] += v * v;
        if (v === 0) zero[c]++;
      }
    const positions = values.length / channels;
    for (let c = 0; c < channels; c++) {
      value[c] += own[c];
      own[c] /= positions;
    }
    this.#samples.push(own);
    this.#count += positions;
  }

  statistics(): OutputStatistics {
    const { value, absolute, square, zero } = this.#sums;
    const count = this.#count;
    return {
      absoluteMean: absolute.map((sum) => sum / count),
      zeros: zero.map((zeros) => zeros / count),
      variance: square.map((sum, c) => Math.max(0, sum / count - (value[c] / count) ** 2)),
      entropy: value.map((_, c) => entropy(this.#samples.map((sample) => sample[c]))),
    };
  }
}

/** Of the histogram; Luo and Wu take 100 for thousands of samples. */
const BINS = 32;

/** Entropy in nats of a histogram of equal bins between the least and the largest value. */
export function entropy(values: readonly number[]): number {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  if (!(most > least)) return 0;
  const counts = new Uint32Array(BINS);
  for (const value of values)
    counts[Math.min(BINS - 1, Math.floor(((value - least) / (most - least)) * BINS))]++;
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / values.length) * Math.log(count / values.length);
  return sum;
}
