import { setImmediate } from 'node:timers/promises';
import { elements, weightsOf, type Graph, type Node } from '../../graph/index.js';
import { logitsOf, type Dataset } from '../../train/index.js';
import { centred, MomentsBuilder } from '../one-shot/moments.js';
import { problemOf, type Problem } from '../one-shot/problem.js';
import { Replay } from '../one-shot/replay.js';
import { readSamples, type SampleOptions, type WorkOptions } from '../one-shot/samples.js';
import { biasUnits, realValues, scalesOf } from './changes.js';
import { MOST_PIXELS } from './patches.js';
import type { Precision } from './precision.js';
import { descend, wholeLevels } from './rounding.js';
import { roundTo } from './simulate.js';

export interface RefineOptions extends SampleOptions, WorkOptions {
  /** Of layers by name; default 8 bits. Shared weights move from one entry to the next. */
  precisions?: ReadonlyMap<string, Precision>;
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
  const refiner = new Refiner(graph, quantized, await readSamples(data, options), options);
  const until = graph.nodes.findIndex(({ outputs }) => outputs[0] === logitsOf(graph));
  try {
    for (let index = 0; index <= until; index++) {
      options.signal?.throwIfAborted();
      refiner.refineNode(index);
      options.onProgress?.(index + 1, graph.nodes.length);
      await setImmediate();
    }
  } finally {
    refiner.dispose();
  }
}

/** Added to the diagonal, of its mean: few samples say little about sums of many taps. */
const DAMPING = 0.01;

/** Behind an activation an output's mean moves by less than its bias. */
const BIAS_STEPS = 3;

class Refiner {
  readonly #graph: Graph;
  readonly #quantized: Graph;
  readonly #options: RefineOptions;
  /** Of the quantized graph, those with weights in int8, by name. */
  readonly #layers: Map<string, Node>;
  /** The f32 graph with each int8 layer's weights as they stand for real numbers, under names of its own. */
  readonly #real: Graph;
  readonly #before: Replay;
  readonly #now: Replay;
  /** Of a sample that are looked at. */
  readonly #pixels: number;
  /** Kernels that layers share are rounded for the first of them. */
  readonly #done = new Set<string>();

  constructor(graph: Graph, quantized: Graph, batches: readonly Float32Array[], options: RefineOptions) {
    const scales = scalesOf(quantized);
    this.#graph = graph;
    this.#quantized = quantized;
    this.#options = options;
    this.#layers = new Map(
      quantized.nodes
        .filter(({ weights: { kernel, scale } }) => kernel !== undefined && scale !== undefined)
        .map((layer) => [layer.name, layer]),
    );
    this.#real = this.#realGraph();
    const values = batches.reduce((sum, { length }) => sum + length, 0);
    const size = elements(graph.tensors.get(graph.inputs[0])!.shape);
    this.#pixels = Math.ceil((MOST_PIXELS * size) / values);
    this.#before = new Replay(graph, batches);
    this.#now = new Replay(this.#real, batches, { change: (name, x) => roundTo(x, scales.get(name)) });
  }

  /** Ask for nodes in their order. */
  refineNode(index: number): void {
    const layer = this.#layers.get(this.#graph.nodes[index].name);
    if (!layer) return;
    const { kernel, bias } = layer.weights;
    if (!this.#done.has(kernel)) this.#roundKernel(index, layer);
    this.#done.add(kernel);
    this.#takeOver(index, layer);
    if (bias !== undefined) this.#correctBias(index, layer);
  }

  dispose(): void {
    this.#before.dispose();
    this.#now.dispose();
  }

  #realGraph(): Graph {
    const weights = new Map(this.#graph.weights);
    const nodes = this.#graph.nodes.map((node) => {
      const layer = this.#layers.get(node.name);
      if (!layer) return node;
      const own = Object.entries(weightsOf(this.#graph, node)).map(([role, weight]): [string, string] => {
        const name = `${node.name}/real ${role}`;
        weights.set(name, { ...weight, name, data: realValues(this.#quantized, layer, role) });
        return [role, name];
      });
      return { ...node, weights: Object.fromEntries(own) };
    });
    return { ...this.#graph, nodes, weights };
  }

  /** What the int8 layer now stands for. */
  #takeOver(index: number, layer: Node): void {
    for (const [role, weight] of Object.entries(weightsOf(this.#real, this.#real.nodes[index])))
      weight.data = realValues(this.#quantized, layer, role);
  }

  #correctBias(index: number, layer: Node): void {
    const wanted = this.#before.meansOf(index);
    const { data } = weightsOf(this.#quantized, layer).bias;
    const units = biasUnits(this.#quantized, layer);
    for (let step = 0; step < BIAS_STEPS; step++) {
      const means = this.#now.meansOf(index);
      units.forEach((unit, o) => (data[o] += Math.round((wanted[o] - means[o]) / unit)));
      this.#takeOver(index, layer);
    }
  }

  #roundKernel(index: number, layer: Node): void {
    const node = this.#graph.nodes[index];
    const { shape, data: real } = weightsOf(this.#graph, node).kernel;
    const { kernel, scale } = weightsOf(this.#quantized, layer);
    const { hessian, groups, taps } = this.#problem(index);
    const levels = levelsOf(this.#options.precisions?.get(node.name) ?? 8, kernel.data as Int8Array);
    for (let o = 0; o < shape[0]; o++) {
      const group = Math.floor((o * groups) / shape[0]);
      const row = {
        real: (real as Float32Array).subarray(o * taps, (o + 1) * taps),
        whole: (kernel.data as Int8Array).subarray(o * taps, (o + 1) * taps),
        scale: scale.data[scale.data.length === 1 ? 0 : o],
      };
      descend(row, hessian.subarray(group * taps * taps, (group + 1) * taps * taps), levels);
    }
  }

  /** Of what the layer reads now, about the mean, since the bias takes up what is lost on average. */
  #problem(index: number): Problem {
    const node = this.#graph.nodes[index];
    const builder = new MomentsBuilder(this.#graph, node, this.#pixels, this.#options.seed);
    for (let batch = 0; batch < this.#now.batches; batch++)
      builder.addFrom(this.#now, this.#now, index, batch);
    const kernel = weightsOf(this.#graph, node).kernel.data as Float32Array;
    return problemOf(centred(builder.finish()), kernel, DAMPING);
  }
}

/** What the layer's whole weights may be. */
function levelsOf(precision: Precision, whole: Int8Array): Int8Array {
  if (typeof precision === 'number') return wholeLevels(precision);
  return Int8Array.from(new Set(whole)).sort();
}
