/** What rounding one kernel, or one activation, does to a network's scores. */
import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { lopStatistics, writeLop } from '../../format/index.js';
import type { Graph } from '../../graph/index.js';
import { Batcher, inferenceBatch, logitsOf, type Dataset } from '../../train/index.js';
import { matches } from '../pattern.js';
import type { SampleOptions } from './calibrate.js';
import { changesOf, scalesOf } from './changes.js';
import { divergence, squaredChange } from './damage.js';
import { aroundTensors, type LayerCandidates, type RoundedTensor } from './mixed-choice.js';
import { isFloat, type Precision } from './precision.js';
import type { Range } from './range.js';
import { quantizeGraph, type QuantizeOptions } from './rewrite.js';
import { exactActivations, simulate, type Changes } from './simulate.js';

/** By the relative squared change of centred scores, or by the divergence of probabilities in nats. */
export type Metric = 'mse' | 'kl';

/** Quantized forms of one graph: what a recipe says, with precisions for the layers that it leaves open. */
export class Forms {
  /** Layers whose precision is to be chosen. */
  readonly open: readonly string[];

  constructor(
    readonly graph: Graph,
    readonly ranges: ReadonlyMap<string, Range>,
    readonly options: QuantizeOptions,
    readonly candidates: readonly Precision[],
  ) {
    const named = [...options.float, ...Object.keys(options.layers ?? {})];
    const { nodes, weights } = quantizeGraph(graph, ranges, options);
    const int8 = nodes.filter((node) => weights.get(node.weights.kernel)?.dtype === 'i8');
    this.open = int8
      .map(({ name }) => name)
      .filter((name) => !named.some((pattern) => matches(pattern, name)));
    if (this.open.length === 0)
      throw new RangeError(
        'quantize.mixed: expected layers that nothing else names, got none; leave some open',
      );
  }

  /** With these precisions of open layers. */
  quantized(precisions: Iterable<readonly [layer: string, precision: Precision]>): Graph {
    const layers = { ...this.options.layers, ...Object.fromEntries(precisions) };
    return quantizeGraph(this.graph, this.ranges, { ...this.options, layers });
  }

  /** With one precision for all of them. */
  uniform(precision: Precision): Graph {
    return this.quantized(this.open.map((name) => [name, precision]));
  }
}

/** Everything that is tried alone. */
interface Trial {
  changes: Changes;
  loss: number;
}

export interface Scan {
  layers: LayerCandidates[];
  tensors: RoundedTensor[];
}

/** Losses of every candidate of every open layer, and of every int8 activation, on samples; bytes as the file has them. */
export async function scan(
  data: Dataset,
  forms: Forms,
  { metric, ...options }: SampleOptions & { metric: Metric },
): Promise<Scan> {
  const kernels = kernelTrials(forms);
  const activations = activationTrials(forms);
  const trials = [...kernels.flatMap(({ trials: each }) => each), ...activations];
  let scale = 0;
  await forEachBatch(forms.graph, data, options, (x, count, step) => {
    const exact = exactActivations(forms.graph, x);
    const logits = exact.get(logitsOf(forms.graph))!.dataSync() as Float32Array;
    scale += metric === 'kl' ? count : squaredChange(logits, logits, count)[1];
    for (const trial of trials) {
      step(1 / trials.length);
      const got = simulate(forms.graph, exact, trial.changes);
      trial.loss += metric === 'kl' ? divergence(logits, got, count) : squaredChange(logits, got, count)[0];
    }
    tf.dispose([...exact.values()]);
  });
  trials.forEach((trial) => (trial.loss /= scale));
  const around = aroundTensors(
    forms.graph,
    activations.map(({ name }) => name),
  );
  return {
    layers: kernels.map(({ name, trials: each }) => ({
      name,
      candidates: each.map(({ precision, bytes, loss }) => ({ precision, bytes, loss })),
    })),
    tensors: activations.map(({ name, loss }) => ({ name, loss, layers: around.get(name)! })),
  };
}

function kernelTrials(
  forms: Forms,
): { name: string; trials: (Trial & { precision: Precision; bytes: number })[] }[] {
  const uniform = forms.candidates.map((precision) => {
    const quantized = forms.uniform(precision);
    const { weights } = changesOf(forms.graph, quantized);
    return { precision, weights: weights!, bytes: layerBytes(quantized) };
  });
  return forms.open.map((name) => {
    const own = Object.values(forms.graph.nodes.find((node) => node.name === name)!.weights);
    const trials = uniform.map(({ precision, weights, bytes }) => ({
      precision,
      bytes: bytes.get(name)!,
      loss: 0,
      changes: { weights: new Map(own.map((weight) => [weight, weights.get(weight)!])) },
    }));
    return { name, trials };
  });
}

/** Of a layer's weights, records included. A weight that layers share counts at each. */
function layerBytes(quantized: Graph): Map<string, number> {
  const stored = new Map(lopStatistics(writeLop(quantized)).weights.map(({ name, bytes }) => [name, bytes]));
  return new Map(
    quantized.nodes.map(({ name, weights }) => [
      name,
      Object.values(weights).reduce((sum, weight) => sum + stored.get(weight)!, 0),
    ]),
  );
}

/** Of those that are int8 where all layers are. */
function activationTrials(forms: Forms): (Trial & { name: string })[] {
  const rounding = forms.candidates.find((precision) => !isFloat(precision));
  if (rounding === undefined) return [];
  return Array.from(scalesOf(forms.uniform(rounding)), ([name, quantization]) => ({ name, quantization }))
    .filter(({ name }) => forms.graph.tensors.has(name))
    .map(({ name, quantization }) => ({
      name,
      loss: 0,
      changes: { scales: new Map([[name, quantization]]) },
    }));
}

/** Training samples drawn by seed, as `[count, ...input shape]`; `visit` says by `step` which part of a batch it did. */
export async function forEachBatch(
  graph: Graph,
  data: Dataset,
  { samples, seed, signal, onProgress, ...options }: SampleOptions,
  visit: (x: tf.Tensor, count: number, step: (part: number) => void) => void,
): Promise<void> {
  const { inputShape } = data;
  const preprocessing = options.preprocessing ?? data.preprocessing;
  const batcher = new Batcher(data.train, { batch: inferenceBatch(inputShape), preprocessing, inputShape });
  const total = Math.min(samples, data.train.count);
  for (let done = 0, index = 0; done < total; index++) {
    const batch = await batcher.shuffled(index, 0, seed);
    const count = Math.min(batch.count, total - done);
    const values = batch.x.subarray(0, (batch.x.length / batch.count) * count);
    const x = tf.tensor(values, [count, ...graph.tensors.get(graph.inputs[0])!.shape], 'float32');
    let part = 0;
    visit(x, count, (more) => {
      signal?.throwIfAborted();
      part += more;
      onProgress?.(done + part * count, total);
    });
    x.dispose();
    done += count;
    onProgress?.(done, total);
    await setImmediate();
  }
}
