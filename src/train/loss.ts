import { customGrad, mul, scalar, tensor, type Tensor } from '@tensorflow/tfjs-core';

/** What one batch scored. */
export interface BatchScore {
  /** Mean loss over the batch, nats. */
  loss: number;
  /** Samples whose largest logit is their class; where labels have no part in the loss, their teacher's class. */
  correct: number;
}

/** Class of each sample. */
export type Labels = ArrayLike<number>;

/** What the logits of a batch are to become. */
export interface Targets {
  labels: Labels;
  /** Share of each label that is spread evenly over all classes (Szegedy et al. 2016), in [0, 1). Default 0. */
  smoothing?: number;
  teacher?: SoftTargets;
}

/** A teacher's word on a batch (Hinton, Vinyals and Dean 2015). */
export interface SoftTargets {
  /** Of the teacher: as many as the student's. */
  logits: Float32Array;
  /** Both sides' logits are divided by it: > 0; the greater, the more the wrong classes' order counts. */
  temperature: number;
  /** Of the teacher's part in the loss, in [0, 1]; with 1 labels are not read. */
  weight: number;
}

/**
 * Mean over the batch, differentiable, of `(1 - a) * H(y, p(1)) + a * T^2 * KL(q(T) || p(T))`, where p(T) is the softmax of the
 * logits over T, q(T) that of the teacher's, y the smoothed label `(1 - s) * onehot + s / classes`, and a the teacher's weight. The gradient
 * is `((1 - a) * (p(1) - y) + a * T * (p(T) - q(T))) / batch`: T^2 keeps the teacher's part of one size whatever T is.
 *
 * Both are computed in plain double precision: a batch of logits is a few hundred numbers, which a dozen tfjs kernels take
 * longer to pass around than to compute.
 *
 * @param logits `[batch, classes]`, or with axes of 1 between
 * @param onScore told loss and correct answers, so that no step reads a tensor for its progress bar
 */
export function softmaxLoss(logits: Tensor, targets: Targets, onScore: (score: BatchScore) => void): Tensor {
  const loss = customGrad((x) => {
    const input = x as Tensor;
    const { score, gradient } = scoreBatch(input.dataSync() as Float32Array, input.shape[0], targets);
    onScore(score);
    return {
      value: scalar(score.loss),
      gradFunc: (dy: Tensor) => mul(tensor(gradient, input.shape), dy),
    };
  });
  return loss(logits);
}

/** Mean over the batch of `-log softmax(logits)[label]`: `softmaxLoss` of labels alone. */
export function softmaxCrossEntropy(
  logits: Tensor,
  labels: Labels,
  onScore: (score: BatchScore) => void,
): Tensor {
  return softmaxLoss(logits, { labels }, onScore);
}

function scoreBatch(
  logits: Float32Array,
  batch: number,
  targets: Targets,
): { score: BatchScore; gradient: Float32Array } {
  const { labels, teacher } = targets;
  const classes = logits.length / batch;
  const sum = new Float64Array(logits.length);
  let loss = 0;
  let correct = 0;
  for (let sample = 0; sample < batch; sample++) {
    const from = sample * classes;
    const row = logits.subarray(from, from + classes);
    const gradient = sum.subarray(from, from + classes);
    const taught = teacher?.logits.subarray(from, from + classes);
    const byLabel = 1 - (teacher?.weight ?? 0);
    if (byLabel > 0) loss += addLabel(row, labels[sample], byLabel, targets.smoothing ?? 0, gradient);
    if (teacher && taught) loss += addTeacher(row, taught, teacher, gradient);
    const wanted = byLabel > 0 || !taught ? labels[sample] : argMax(taught);
    if (argMax(row) === wanted) correct++;
  }
  return { score: { loss: loss / batch, correct }, gradient: Float32Array.from(sum, (g) => g / batch) };
}

/** `weight * H(y, p)`; its gradient is added. */
function addLabel(
  logits: Float32Array,
  label: number,
  weight: number,
  smoothing: number,
  gradient: Float64Array,
): number {
  const logs = logSoftmax(logits, 1);
  const even = smoothing / logits.length;
  let loss = 0;
  for (let c = 0; c < logits.length; c++) {
    const wanted = c === label ? 1 - smoothing + even : even;
    if (wanted > 0) loss -= wanted * logs[c];
    gradient[c] += weight * (Math.exp(logs[c]) - wanted);
  }
  return weight * loss;
}

/** `weight * T^2 * KL(q || p)`; its gradient is added. */
function addTeacher(
  logits: Float32Array,
  teacher: Float32Array,
  { temperature, weight }: SoftTargets,
  gradient: Float64Array,
): number {
  const logs = logSoftmax(logits, temperature);
  const wanted = logSoftmax(teacher, temperature);
  let divergence = 0;
  for (let c = 0; c < logits.length; c++) {
    const q = Math.exp(wanted[c]);
    if (q > 0) divergence += q * (wanted[c] - logs[c]);
    gradient[c] += weight * temperature * (Math.exp(logs[c]) - q);
  }
  return weight * temperature ** 2 * divergence;
}

function logSoftmax(logits: Float32Array, temperature: number): Float64Array {
  const scaled = Float64Array.from(logits, (value) => value / temperature);
  const most = scaled[argMax(scaled)];
  let sum = 0;
  for (const value of scaled) sum += Math.exp(value - most);
  const normalizer = Math.log(sum) + most;
  return scaled.map((value) => value - normalizer);
}

/** Index of the largest value; the first of equals. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
