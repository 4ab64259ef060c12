import { add, grads, mul, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { elements, type Graph } from '../graph/index.js';
import type { Batch } from './batches.js';
import { clipByGlobalNorm } from './clip.js';
import { featureLoss, sharedFeatures, Teacher, type DistillOptions } from './distill.js';
import { WeightRounder, type FakeQuantization } from './fake-quantize.js';
import { forwardAll, logitsOf, type ForwardOptions } from './forward.js';
import { softmaxLoss, type BatchScore } from './loss.js';
import { createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js';
import { createParameters, isKernel, type Parameter, type Parameters } from './parameters.js';
import { mix } from './random.js';
import { addPenaltyGradient, shrink, type RegularizeOptions } from './regularize.js';
import { tidyValues } from './tidy-values.js';

/** Structured data: other threads make the same trainer of it. */
export interface TrainerOptions {
  optimizer?: OptimizerOptions;
  /** Of L2, added to gradients of kernels (not biases or norms). Default 0. */
  weightDecay?: number;
  /** Share of each label that is spread evenly over all classes, in [0, 1). Default 0. */
  labelSmoothing?: number;
  distill?: DistillOptions;
  /** Greatest norm of all gradients together. Default: any. */
  clipNorm?: number;
  regularize?: RegularizeOptions;
  /** How much of a moving average of batch norm stays each step. Default 0.99, as in Keras. */
  statisticsMomentum?: number;
  /** Batch norm uses its moving averages, which stay as they are. Default false. */
  frozenStatistics?: boolean;
  /** Default 1. */
  seed?: number;
}

/** What one batch says. */
export interface Gradients {
  score: BatchScore;
  /** Of the batch's mean loss, by `Trainer.trainable`, in tfjs' layout; of pruned weights too. */
  values: Float32Array[];
  /** The batch's own mean and variance of each batch norm, by the name of their moving average, in execution order. */
  statistics: [name: string, values: Float32Array][];
}

/** All that a training goes on from; structured data, for checkpoints. */
export interface TrainerState {
  step: number;
  /** Step at which the optimizer's memory begins. */
  since: number;
  parameters: { name: string; values: Float32Array; slots: Float32Array[]; mask?: Uint8Array }[];
}

/** A graph in training: its parameters, the optimizer's state in them, and the number of steps done. */
export class Trainer {
  readonly graph: Graph;
  readonly options: TrainerOptions;
  readonly parameters: Parameters;
  readonly seed: number;
  /** What gradients move: a graph of several outputs has weights that the loss does not see. */
  readonly trainable: readonly Parameter[];
  /** Steps done. */
  step = 0;
  #since = 0;
  readonly #optimizer: Optimizer;
  readonly #logits: string;
  readonly #teacher?: Teacher;
  #fake?: FakeQuantization;
  #rounder?: WeightRounder;

  constructor(graph: Graph, options: TrainerOptions = {}) {
    this.graph = graph;
    this.options = options;
    this.parameters = createParameters(graph);
    this.seed = options.seed ?? 1;
    this.#optimizer = createOptimizer(options.optimizer ?? { type: 'adam' });
    this.#logits = logitsOf(graph);
    if (options.distill) this.#teacher = createTeacher(graph, options.distill);
    const seen = weightsBehind(graph, this.#logits);
    this.trainable = [...this.parameters.values()].filter((p) => p.trainable && seen.has(p.name));
  }

  /** One step on one batch: forward, backward, update. Leaves no tensor behind. */
  train(batch: Batch, learningRate: number): BatchScore {
    const gradients = this.gradients(batch);
    this.apply(gradients, learningRate);
    return gradients.score;
  }

  /**
   * Forward and backward; changes nothing.
   *
   * @param shard which part of a step's batch this is: each draws its own dropout
   */
  gradients(batch: Batch, shard = 0): Gradients {
    const statistics: Gradients['statistics'] = [];
    let score: BatchScore = { loss: NaN, correct: 0 };
    const seed = shard === 0 ? mix(this.seed, 3, this.step) : mix(this.seed, 3, this.step, shard);
    const values = tidyValues(() =>
      this.#backward({ batch, seed, statistics }, (result) => (score = result)),
    );
    return { score, values, statistics };
  }

  /** Moves the averages of batch norm alone, and counts the step. */
  observe({ statistics }: Pick<Gradients, 'statistics'>): void {
    statistics.forEach(([name, batch]) => this.#moveAverage(name, batch));
    this.step++;
  }

  /** Moves weights and averages by what `gradients` gave, or its mean over parts of a batch. The arrays are used up. */
  apply({ values, statistics }: Gradients, learningRate: number): void {
    const { clipNorm } = this.options;
    if (clipNorm !== undefined) clipByGlobalNorm(values, clipNorm);
    this.trainable.forEach((parameter, i) => this.#update(parameter, values[i], learningRate));
    this.observe({ statistics });
  }

  /** The loss of a batch as in inference; changes nothing. */
  evaluate(batch: Batch): BatchScore {
    let score: BatchScore = { loss: NaN, correct: 0 };
    tidy(() => {
      const weights = new Map([...this.parameters.values()].map((p) => [p.name, this.#tensorOf(p)]));
      this.#loss(weights, batch, {}, (result) => (score = result));
    });
    return score;
  }

  /** From now on weights and activations are rounded as int8 will round them: quantization-aware training. */
  set fake(fake: FakeQuantization | undefined) {
    this.#fake = fake;
    this.#rounder = fake && new WeightRounder(fake.layers);
  }

  /** A parameter's values as the network computes with them: rounded where training is aware of it. */
  valuesOf(parameter: Parameter): Float32Array {
    return this.#rounder?.rounded(parameter, this.parameters) ?? parameter.values;
  }

  state(): TrainerState {
    const parameters = [...this.parameters.values()].map(({ name, values, slots, mask }) => {
      return { name, values, slots, mask };
    });
    return { step: this.step, since: this.#since, parameters };
  }

  /** Goes on from the state of a trainer of the same graph. */
  restore({ step, since, parameters }: TrainerState): void {
    for (const { name, values, slots, mask } of parameters) {
      const parameter = this.parameters.get(name)!;
      parameter.values.set(values);
      parameter.slots = slots.map((slot) => slot.slice());
      parameter.mask = mask?.slice();
    }
    this.step = step;
    this.#since = since;
  }

  /** The optimizer begins afresh, as with a new training: without momentum, Adam's bias correction from its first step. */
  forget(): void {
    for (const parameter of this.parameters.values()) parameter.slots = [];
    this.#since = this.step;
  }

  #backward(
    { batch, seed, statistics }: { batch: Batch; seed: number; statistics: Gradients['statistics'] },
    onScore: (score: BatchScore) => void,
  ): Float32Array[] {
    const { trainable } = this;
    const values = trainable.map((parameter) => this.#tensorOf(parameter));
    const fixed = [...this.parameters.values()].filter((parameter) => !trainable.includes(parameter));
    const options: ForwardOptions = {
      training: true,
      frozenStatistics: this.options.frozenStatistics,
      seed,
      onStatistics: (mean, m, variance, v) => {
        statistics.push([mean, m.dataSync() as Float32Array], [variance, v.dataSync() as Float32Array]);
      },
    };
    const loss = (...weights: Tensor[]): Tensor => {
      const byName = new Map(trainable.map((parameter, i) => [parameter.name, weights[i]]));
      fixed.forEach((parameter) => byName.set(parameter.name, this.#tensorOf(parameter)));
      return this.#loss(byName, batch, options, onScore);
    };
    return grads(loss)(values).map((gradient) => gradient.dataSync() as Float32Array);
  }

  #loss(
    weights: ReadonlyMap<string, Tensor>,
    batch: Batch,
    options: ForwardOptions,
    onScore: (score: BatchScore) => void,
  ): Tensor {
    const { labelSmoothing: smoothing, distill } = this.options;
    const inputShape = this.graph.tensors.get(this.graph.inputs[0])!.shape;
    const x = tensor(batch.x, [batch.count, ...inputShape], 'float32');
    const outputs = [this.#logits, ...(this.#teacher?.tensors ?? [])];
    const [logits, ...features] = forwardAll(this.graph, weights, x, outputs, {
      ...options,
      fake: this.#fake,
    });
    if (!this.#teacher || !distill) return softmaxLoss(logits, { labels: batch.y, smoothing }, onScore);
    const { temperature = 4, weight = 0.9, features: share = 0 } = distill;
    const lesson = this.#teacher.teach(x);
    const teacher = { logits: lesson.logits, temperature, weight };
    const loss = softmaxLoss(logits, { labels: batch.y, smoothing, teacher }, onScore);
    const distances = features.map((feature, i) => featureLoss(feature, lesson.features[i]));
    return distances.reduce((sum, each) => add(sum, mul(each, share / features.length)), loss);
  }

  #update(parameter: Parameter, gradient: Float32Array, learningRate: number): void {
    const { weightDecay = 0, regularize } = this.options;
    if (weightDecay > 0 && isKernel(parameter.role)) {
      const { values } = parameter;
      for (let i = 0; i < values.length; i++) gradient[i] += weightDecay * values[i];
    }
    if (regularize) addPenaltyGradient(parameter, gradient, regularize);
    this.#optimizer(parameter, gradient, learningRate, this.step - this.#since);
    if (regularize) shrink(parameter, learningRate, regularize);
  }

  #tensorOf(parameter: Parameter): Tensor {
    return tensor(this.valuesOf(parameter), parameter.shape, 'float32');
  }

  #moveAverage(name: string, batch: Float32Array): void {
    const { values } = this.parameters.get(name)!;
    const momentum = this.options.statisticsMomentum ?? 0.99;
    for (let c = 0; c < values.length; c++) values[c] = momentum * values[c] + (1 - momentum) * batch[c];
  }
}

/** @throws RangeError where it cannot teach `student`, or has nothing in common with it to compare */
function createTeacher(student: Graph, { teacher, features = 0, tensors }: DistillOptions): Teacher {
  const sizes = [student, teacher].map((graph) => elements(graph.tensors.get(logitsOf(graph))!.shape));
  if (sizes[0] !== sizes[1])
    throw new RangeError(`distill: expected a teacher of ${sizes[0]} logits, got one of ${sizes[1]}`);
  if (features === 0) return new Teacher(teacher, []);
  const compared = tensors ?? sharedFeatures(student, teacher);
  if (compared.length === 0)
    throw new RangeError(
      'distill: expected a sum or convolution that both networks have in equal shapes, got none; set features to 0',
    );
  return new Teacher(teacher, compared);
}

/** Names of the weights that `tensor` is computed from. */
function weightsBehind(graph: Graph, tensor: string): Set<string> {
  const needed = new Set([tensor]);
  const weights = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    node.inputs.forEach((input) => needed.add(input));
    Object.values(node.weights).forEach((weight) => weights.add(weight));
  }
  return weights;
}
