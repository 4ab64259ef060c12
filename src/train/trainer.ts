import { grads, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/index.js';
import type { Batch } from './batches.js';
import { forward, logitsOf } from './forward.js';
import { softmaxCrossEntropy, type BatchScore } from './loss.js';
import { createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js';
import { createParameters, isKernel, type Parameter, type Parameters } from './parameters.js';
import { mix } from './random.js';

export interface TrainerOptions {
  optimizer?: OptimizerOptions;
  /** Of L2, added to gradients of kernels (not biases or norms). Default 0. */
  weightDecay?: number;
  /** How much of a moving average of batch norm stays each step. Default 0.99, as in Keras. */
  statisticsMomentum?: number;
  /** Default 1. */
  seed?: number;
}

/** A graph in training: its parameters, the optimizer's state in them, and the number of steps done. */
export class Trainer {
  readonly graph: Graph;
  readonly parameters: Parameters;
  readonly seed: number;
  /** Steps done. */
  step = 0;
  readonly #optimizer: Optimizer;
  readonly #weightDecay: number;
  readonly #momentum: number;
  readonly #logits: string;
  /** What gradients move: a graph of several outputs has weights that the loss does not see. */
  readonly #trainable: Parameter[];

  constructor(graph: Graph, options: TrainerOptions = {}) {
    this.graph = graph;
    this.parameters = createParameters(graph);
    this.seed = options.seed ?? 1;
    this.#optimizer = createOptimizer(options.optimizer ?? { type: 'adam' });
    this.#weightDecay = options.weightDecay ?? 0;
    this.#momentum = options.statisticsMomentum ?? 0.99;
    this.#logits = logitsOf(graph);
    const seen = weightsBehind(graph, this.#logits);
    this.#trainable = [...this.parameters.values()].filter((p) => p.trainable && seen.has(p.name));
  }

  /** One step on one batch: forward, backward, update. Leaves no tensor behind. */
  train(batch: Batch, learningRate: number): BatchScore {
    const trainable = this.#trainable;
    let score: BatchScore = { loss: NaN, correct: 0 };
    let gradients: Float32Array[] = [];
    tidy(() => {
      gradients = this.#gradients(batch, trainable, (result) => (score = result));
    });
    trainable.forEach((parameter, i) => this.#update(parameter, gradients[i], learningRate));
    this.step++;
    return score;
  }

  #gradients(batch: Batch, trainable: Parameter[], onScore: (score: BatchScore) => void): Float32Array[] {
    const inputShape = this.graph.tensors.get(this.graph.inputs[0])!.shape;
    const x = tensor(batch.x, [batch.count, ...inputShape], 'float32');
    const values = trainable.map((parameter) => toTensor(parameter));
    const fixed = [...this.parameters.values()].filter((parameter) => !trainable.includes(parameter));
    const loss = (...weights: Tensor[]): Tensor => {
      const byName = new Map(trainable.map((parameter, i) => [parameter.name, weights[i]]));
      fixed.forEach((parameter) => byName.set(parameter.name, toTensor(parameter)));
      const logits = forward(this.graph, byName, x, {
        training: true,
        seed: mix(this.seed, 3, this.step),
        until: this.#logits,
        onStatistics: (mean, m, variance, v) => this.#moveAverages([mean, variance], [m, v]),
      });
      return softmaxCrossEntropy(logits, batch.y, onScore);
    };
    return grads(loss)(values).map((gradient) => gradient.dataSync() as Float32Array);
  }

  #update(parameter: Parameter, gradient: Float32Array, learningRate: number): void {
    if (this.#weightDecay > 0 && isKernel(parameter.role)) {
      const { values } = parameter;
      for (let i = 0; i < values.length; i++) gradient[i] += this.#weightDecay * values[i];
    }
    this.#optimizer(parameter, gradient, learningRate, this.step);
  }

  #moveAverages(names: string[], statistics: Tensor[]): void {
    names.forEach((name, which) => {
      const { values } = this.parameters.get(name)!;
      const batch = statistics[which].dataSync();
      for (let c = 0; c < values.length; c++)
        values[c] = this.#momentum * values[c] + (1 - this.#momentum) * batch[c];
    });
  }
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

function toTensor(parameter: Parameter): Tensor {
  return tensor(parameter.values, parameter.shape, 'float32');
}
