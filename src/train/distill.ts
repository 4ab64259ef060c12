import { customGrad, mul, scalar, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/index.js';
import { forwardAll, logitsOf, weightTensors } from './forward.js';
import { createParameters, type Parameters } from './parameters.js';

/** Learning from a network that knows better. */
export interface DistillOptions {
  /** f32; of the student's input and as many logits. */
  teacher: Graph;
  /** See `SoftTargets`. Default 4 and 0.9. */
  temperature?: number;
  weight?: number;
  /** Weight of the features' part of the loss, >= 0. Default 0. */
  features?: number;
  /** Tensors of both networks, of equal shape. Default: see `sharedFeatures`. */
  tensors?: readonly string[];
}

/** What a teacher says of a batch. */
export interface Lesson {
  logits: Float32Array;
  /** In the order of `tensors`. */
  features: Tensor[];
}

/** A frozen network, run as in inference. */
export class Teacher {
  readonly #graph: Graph;
  readonly #parameters: Parameters;
  readonly #outputs: string[];

  constructor(
    graph: Graph,
    readonly tensors: readonly string[],
  ) {
    this.#graph = graph;
    this.#parameters = createParameters(graph);
    this.#outputs = [logitsOf(graph), ...tensors];
  }

  /** Call it inside `tf.tidy`. */
  teach(x: Tensor): Lesson {
    const weights = weightTensors(this.#parameters);
    const [logits, ...features] = forwardAll(this.#graph, weights, x, this.#outputs);
    return { logits: logits.dataSync() as Float32Array, features };
  }
}

/**
 * Names of tensors that a student and its teacher both compute, in equal shapes, to compare them by: outputs of residual sums (with the
 * activation behind them, where that is a node), or where there are none, of the last convolution.
 */
export function sharedFeatures(student: Graph, teacher: Graph): string[] {
  const isShared = (name: string): boolean => {
    const [own, other] = [student.tensors.get(name), teacher.tensors.get(name)];
    return own !== undefined && other !== undefined && `${own.shape}` === `${other.shape}`;
  };
  const outputsOf = (op: string): string[] =>
    student.nodes.filter((node) => node.op === op).map(({ outputs: [name] }) => name);
  const sums = outputsOf('add').filter(isShared);
  return sums.length > 0 ? sums : outputsOf('conv2d').filter(isShared).slice(-1);
}

/**
 * Mean over the batch of `|s - t|^2 / |t|^2`, differentiable in s (hints of FitNets, Romero et al. 2015, relative to the teacher's
 * size, so that one weight suits all layers). In plain double precision, as `softmaxLoss` is: no broadcast, no temporaries.
 */
export function featureLoss(student: Tensor, teacher: Tensor): Tensor {
  const loss = customGrad((s) => {
    const own = (s as Tensor).dataSync() as Float32Array;
    const { value, gradient } = distances(own, teacher.dataSync() as Float32Array, student.shape[0]);
    return {
      value: scalar(value),
      gradFunc: (dy: Tensor) => mul(tensor(gradient, student.shape), dy),
    };
  });
  return loss(student);
}

function distances(
  student: Float32Array,
  teacher: Float32Array,
  batch: number,
): { value: number; gradient: Float32Array } {
  const gradient = new Float32Array(student.length);
  const each = student.length / batch;
  let value = 0;
  for (let from = 0; from < student.length; from += each) {
    let [far, size] = [0, 0];
    for (let i = from; i < from + each; i++) {
      far += (student[i] - teacher[i]) ** 2;
      size += teacher[i] ** 2;
    }
    const unit = 1 / (batch * Math.max(size, LEAST_SIZE));
    value += far * unit;
    for (let i = from; i < from + each; i++) gradient[i] = 2 * unit * (student[i] - teacher[i]);
  }
  return { value, gradient };
}

/** Of a teacher's feature that is all zeros. */
const LEAST_SIZE = 1e-12;
