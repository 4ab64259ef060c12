import * as tf from '@tensorflow/tfjs-core';
import { writeLop } from '../../format/index.js';
import { elements, type Graph } from '../../graph/index.js';
import { logitsOf, type Dataset } from '../../train/index.js';
import type { SampleOptions } from './calibrate.js';
import { changesOf } from './changes.js';
import { agreements, divergence, squaredChange } from './damage.js';
import { paretoChoices, type Choice } from './mixed-choice.js';
import { forEachBatch, Forms, scan, type Metric } from './mixed-scan.js';
import { precisionName, type Precision } from './precision.js';
import type { Range } from './range.js';
import type { QuantizeOptions } from './rewrite.js';
import { exactActivations, simulate, type Activations } from './simulate.js';

/** Of the file, in bytes or as a part of the f32 weights' bytes; or of what int8 does to the scores of the samples (see `Damage`). */
export type MixedBound = { bytes: number } | { ratio: number } | { error: number } | { agreement: number };

export interface MixedOptions extends SampleOptions {
  /** Of each layer that nothing else names. */
  candidates: readonly Precision[];
  /** What a layer's or activation's loss is. */
  metric: Metric;
  bound: MixedBound;
}

/** What a network's int8 form does to its scores on the samples. */
export interface Damage {
  /** Root mean square change of the centred scores, relative to theirs. */
  error: number;
  /** Mean divergence of the probabilities, nats. */
  kl: number;
  /** Share of samples that get the same class, in [0, 1]. */
  agreement: number;
}

/** What was chosen for a layer, and what it was chosen from. */
export interface LayerPrecision {
  name: string;
  /** As `quantize.layers` takes it. */
  precision: Precision;
  candidates: { precision: string; bytes: number; loss: number }[];
}

export interface MixedReport extends Damage {
  /** Before refinement and metadata. */
  file_bytes: number;
  layers: LayerPrecision[];
  /** By tensor, where it alone is rounded to int8. */
  activations: { name: string; loss: number }[];
}

/**
 * A precision for each layer from its sensitivity (as HAWQ-V3, Yao et al. 2021, has it, with losses that are measured): every candidate's kernel, and
 * every int8 activation, is rounded alone; what that does to the scores of the samples is its loss. Losses add up, as independent errors' squares do, and so do
 * bytes: `paretoChoices`. A bound on bytes takes the last choice that keeps it as written, one on the scores the first that keeps it when
 * all of it is simulated together, before refinement.
 *
 * @param graph folded, f32
 * @throws RangeError where no choice keeps the bound
 */
export async function mixedPrecision(
  graph: Graph,
  data: Dataset,
  ranges: ReadonlyMap<string, Range>,
  quantize: QuantizeOptions,
  options: MixedOptions,
): Promise<MixedReport> {
  const forms = new Forms(graph, ranges, quantize, options.candidates);
  const { layers, tensors } = await scan(data, forms, options);
  const form = ({ candidates }: Choice): Graph =>
    forms.quantized(layers.map(({ name }, i) => [name, candidates[i].precision]));
  const judge = await Judge.of(graph, data, options);
  try {
    const chosen = choose(paretoChoices(layers, tensors), options.bound, { graph, form, judge });
    const quantized = form(chosen);
    return {
      ...judge.damage(quantized),
      file_bytes: writeLop(quantized).length,
      layers: layers.map(({ name, candidates }, i) => ({
        name,
        precision: chosen.candidates[i].precision,
        candidates: candidates.map((each) => ({ ...each, precision: precisionName(each.precision) })),
      })),
      activations: tensors.map(({ name, loss }) => ({ name, loss })),
    };
  } finally {
    judge.dispose();
  }
}

/** Runs whole quantized forms on the samples. */
class Judge {
  readonly #graph: Graph;
  /** Input and exact scores of each batch. */
  readonly #batches: Map<string, tf.Tensor>[] = [];

  private constructor(graph: Graph) {
    this.#graph = graph;
  }

  static async of(graph: Graph, data: Dataset, { onProgress, ...options }: SampleOptions): Promise<Judge> {
    const judge = new Judge(graph);
    const kept = [graph.inputs[0], logitsOf(graph)];
    await forEachBatch(graph, data, options, (x) => {
      const all = exactActivations(graph, x);
      judge.#batches.push(new Map(kept.map((name) => [name, all.get(name)!.clone()])));
      tf.dispose([...all.values()]);
    });
    return judge;
  }

  damage(quantized: Graph): Damage {
    const until = logitsOf(this.#graph);
    const changes = changesOf(this.#graph, quantized);
    const sums = { change: 0, size: 0, kl: 0, same: 0, samples: 0 };
    for (const batch of this.#batches) {
      const exact = batch.get(until)!.dataSync() as Float32Array;
      const [samples] = batch.get(until)!.shape;
      const input: Activations = new Map([...batch].filter(([name]) => name !== until));
      const got = simulate(this.#graph, input, changes);
      const [change, size] = squaredChange(exact, got, samples);
      sums.change += change;
      sums.size += size;
      sums.kl += divergence(exact, got, samples);
      sums.same += agreements(exact, got, samples);
      sums.samples += samples;
    }
    const { change, size, kl, same, samples } = sums;
    return { error: Math.sqrt(change / size), kl: kl / samples, agreement: same / samples };
  }

  dispose(): void {
    for (const batch of this.#batches) tf.dispose([...batch.values()]);
  }
}

interface Trying {
  graph: Graph;
  form(choice: Choice): Graph;
  judge: Judge;
}

function choose(choices: Choice[], bound: MixedBound, { graph, form, judge }: Trying): Choice {
  if ('bytes' in bound || 'ratio' in bound) {
    const most = 'bytes' in bound ? bound.bytes : f32Bytes(graph) / bound.ratio;
    return lastWithin(choices, most, (choice) => writeLop(form(choice)).length);
  }
  const keeps = (choice: Choice): boolean => {
    const { error, agreement } = judge.damage(form(choice));
    return 'error' in bound ? error <= bound.error : agreement >= bound.agreement;
  };
  return firstThat(choices, keeps, JSON.stringify(bound));
}

function f32Bytes({ weights }: Graph): number {
  return [...weights.values()].reduce((sum, { shape }) => sum + 4 * elements(shape), 0);
}

/** The last choice whose file is small enough; sizes ascend, but for a few bytes. */
function lastWithin(choices: Choice[], most: number, sizeOf: (choice: Choice) => number): Choice {
  let [low, high] = [-1, choices.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sizeOf(choices[middle]) <= most) low = middle;
    else high = middle - 1;
  }
  if (low >= 0) return choices[low];
  const least = sizeOf(choices[0]);
  throw new RangeError(
    `quantize.mixed: expected a choice within ${Math.floor(most)} bytes, got ${least} at least; allow smaller candidates`,
  );
}

/** The first choice that keeps a bound which the last one keeps; damage falls with bytes, but for a little. */
function firstThat(choices: Choice[], keeps: (choice: Choice) => boolean, bound: string): Choice {
  if (!keeps(choices[choices.length - 1]))
    throw new RangeError(
      `quantize.mixed: expected a choice that keeps ${bound} on the samples, got none; allow finer candidates, as "f32"`,
    );
  let [low, high] = [0, choices.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (keeps(choices[middle])) high = middle;
    else low = middle + 1;
  }
  return choices[low];
}
