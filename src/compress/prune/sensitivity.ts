import { dispose, tensor, tidy, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Graph } from '../../graph/index.js';
import { createParameters, forward, logitsOf, runNode, setMask, weightTensors } from '../../train/index.js';
import type { Dataset, Parameter, Preprocessing } from '../../train/index.js';
import { criteria, type Criterion, type CriterionName } from './criteria.js';
import { cutMasks } from './cut.js';
import { collectEvidence } from './evidence/collect.js';
import { forEachSample, inputTensor } from './evidence/samples.js';
import { sizeOf, type PruneTarget } from './targets.js';
import type { Granularity } from './units.js';

export interface ScanOptions extends Granularity {
  criterion: CriterionName;
  /** Each layer is tried at each of them; ascending, in (0, 1). */
  sparsities: readonly number[];
  /** Training samples that are run, and that the criterion looks at. */
  samples: number;
  seed: number;
  preprocessing?: Preprocessing;
  /** Samples run, of all. */
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** What a change does to the network's answers. */
export interface Damage {
  /** Mean Kullback-Leibler divergence of the classes' odds from the unpruned network's, nats. */
  divergence: number;
  /** How often the class is the unpruned network's, in [0, 1]. */
  agreement: number;
  /** In [0, 1]; NaN where samples have no labels. */
  accuracy: number;
}

/** What pruning one layer alone to one sparsity does. */
export interface ScanPoint extends Damage {
  /** Of the layer's units. */
  sparsity: number;
}

/** How one layer takes pruning. */
export interface LayerScan {
  layer: string;
  weight: string;
  /** Weights. */
  size: number;
  /** By ascending sparsity. */
  points: ScanPoint[];
}

/**
 * Prunes each layer alone, without training, and measures what the network then says (Li et al. 2017; the divergence as in Nagel et al.
 * 2020 needs no labels). Of a layer's change only what lies behind it is run again.
 *
 * To search with it: `layers[i].points` are the choices of layer i; their divergences add up, about, over layers.
 */
export async function sensitivityScan(
  graph: Graph,
  targets: readonly Pick<PruneTarget, 'layer' | 'weight' | 'block'>[],
  data: Dataset,
  options: ScanOptions,
): Promise<LayerScan[]> {
  const { sparsities } = options;
  const kernels = await prunedKernels(graph, targets, data, options);
  const changes = kernels.flatMap((each) => each.map((kernel) => [kernel]));
  const damages = await measureChanges(graph, changes, data, options);
  return targets.map(({ layer, weight }, target) => ({
    layer,
    weight,
    size: sizeOf(graph, { weight }),
    points: sparsities.map((sparsity, i) => ({ sparsity, ...damages[target * sparsities.length + i] })),
  }));
}

/** Which samples changes are measured on, and what is told of it. */
export type MeasureOptions = Pick<
  ScanOptions,
  'samples' | 'seed' | 'preprocessing' | 'onProgress' | 'signal'
>;

/**
 * What the network says with each of several changes, each alone, on training samples.
 * @param changes each some parameters in the place of those of the same names
 */
export async function measureChanges(
  graph: Graph,
  changes: readonly (readonly Parameter[])[],
  data: Dataset,
  options: MeasureOptions,
): Promise<Damage[]> {
  const scores = changes.map(() => new Score());
  const weights = weightTensors(createParameters(graph));
  try {
    await forEachSample(data, options, (batch) =>
      tidy(() => {
        const whole = allTensors(graph, weights, inputTensor(graph, batch));
        const dense = logProbabilities(whole.logits);
        const y = data.train.y && batch.y;
        changes.forEach((change, i) => {
          const pruned = logProbabilities(rerun(graph, change, weights, whole));
          scores[i].add(dense, pruned, batch.count, y);
        });
      }),
    );
  } finally {
    dispose([...weights.values()]);
  }
  return scores.map((score) => score.means());
}

/** By target and sparsity: its kernel pruned, in tfjs' layout. */
async function prunedKernels(
  graph: Graph,
  targets: readonly Pick<PruneTarget, 'weight' | 'block'>[],
  data: Dataset,
  options: ScanOptions,
): Promise<Parameter[][]> {
  const criterion: Criterion = criteria[options.criterion];
  const { samples, seed, preprocessing, signal } = options;
  const weights = targets.map(({ weight }) => weight);
  const evidence = { samples, seed, preprocessing, signal };
  const kernels = await collectEvidence(graph, weights, criterion.needs ?? [], data, evidence);
  const parameters = createParameters(graph);
  return targets.map(({ weight: name, block }) => {
    const kernel = { ...kernels.get(name)!, block };
    return options.sparsities.map((sparsity) => {
      const parameter = parameters.get(name)!;
      const pruned = { ...parameter, values: parameter.values.slice() };
      setMask(pruned, cutMasks([kernel], options, criterion, { sparsity: [sparsity] })[0]);
      return pruned;
    });
  });
}

/** What the graph computes of one batch, as far as the logits. */
interface Whole {
  values: ReadonlyMap<string, TfTensor>;
  logits: TfTensor;
}

function allTensors(graph: Graph, weights: ReadonlyMap<string, TfTensor>, x: TfTensor): Whole {
  const values = new Map<string, TfTensor>();
  const onTensor = (name: string, tensor: TfTensor): void => void values.set(name, tensor);
  const logits = forward(graph, weights, x, { until: logitsOf(graph), onTensor });
  return { values, logits };
}

/** The logits with some parameters changed: nodes that do not depend on them keep what they have. */
function rerun(
  graph: Graph,
  change: readonly Parameter[],
  weights: ReadonlyMap<string, TfTensor>,
  whole: Whole,
): TfTensor {
  return tidy(() => {
    const own = change.map(({ name, values, shape }) => [name, tensor(values, shape, 'float32')] as const);
    const changed = new Map([...weights, ...own]);
    const values = new Map(whole.values);
    graph.nodes.forEach((node, index) => {
      const [output] = node.outputs;
      const depends =
        Object.values(node.weights).some((name) => changed.get(name) !== weights.get(name)) ||
        node.inputs.some((input) => values.get(input) !== whole.values.get(input));
      if (depends && whole.values.has(output))
        values.set(output, runNode(graph, node, index, values, changed, {}));
    });
    return values.get(logitsOf(graph))!;
  });
}

/** Of each sample's classes, one sample after another. */
function logProbabilities(logits: TfTensor): Float64Array {
  const classes = logits.shape.at(-1)!;
  const values = Float64Array.from(logits.dataSync());
  for (let at = 0; at < values.length; at += classes) {
    const row = values.subarray(at, at + classes);
    const most = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
    for (let c = 0; c < classes; c++) row[c] -= most + Math.log(sum);
  }
  return values;
}

class Score {
  #divergence = 0;
  #same = 0;
  #right = 0;
  #count = 0;

  add(dense: Float64Array, pruned: Float64Array, count: number, y: Int32Array | undefined): void {
    const classes = dense.length / count;
    for (let sample = 0; sample < count; sample++) {
      const p = dense.subarray(sample * classes, (sample + 1) * classes);
      const q = pruned.subarray(sample * classes, (sample + 1) * classes);
      for (let c = 0; c < classes; c++) this.#divergence += Math.exp(p[c]) * (p[c] - q[c]);
      const said = largest(q);
      if (said === largest(p)) this.#same++;
      if (said === y?.[sample]) this.#right++;
    }
    this.#right = y ? this.#right : NaN;
    this.#count += count;
  }

  means(): Damage {
    const count = this.#count;
    return {
      divergence: this.#divergence / count,
      agreement: this.#same / count,
      accuracy: this.#right / count,
    };
  }
}

function largest(values: Float64Array): number {
  return values.reduce((best, value, c) => (value > values[best] ? c : best), 0);
}
