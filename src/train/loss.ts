import { customGrad, scalar, tensor2d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/** What one batch scored. */
export interface BatchScore {
  /** Mean cross-entropy in nats. */
  loss: number;
  /** Samples whose largest logit is their class. */
  correct: number;
}

/** Class of each sample. */
export type Labels = ArrayLike<number>;

/**
 * Mean over the batch of `-log softmax(logits)[label]`, differentiable. Loss and gradient `(softmax - onehot) / batch`
 * are computed in plain double precision: a batch of logits is a few hundred numbers, which a dozen tfjs kernels take
 * longer to pass around than to compute.
 *
 * @param onScore told loss and correct answers, so that no step reads a tensor for its progress bar
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  labels: Labels,
  onScore: (score: BatchScore) => void,
): Tensor {
  const loss = customGrad((x) => {
    const input = x as Tensor2D;
    const { score, gradient } = scoreBatch(input.dataSync() as Float32Array, input.shape, labels);
    onScore(score);
    return { value: scalar(score.loss), gradFunc: () => tensor2d(gradient, input.shape) };
  });
  return loss(logits);
}

function scoreBatch(
  logits: Float32Array,
  [batch, classes]: [number, number],
  labels: Labels,
): { score: BatchScore; gradient: Float32Array } {
  const gradient = new Float32Array(logits.length);
  let loss = 0;
  let correct = 0;
  for (let sample = 0; sample < batch; sample++) {
    const row = logits.subarray(sample * classes, (sample + 1) * classes);
    const most = argMax(row);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - row[most]);
    for (let c = 0; c < classes; c++)
      gradient[sample * classes + c] = Math.exp(row[c] - row[most]) / sum / batch;
    gradient[sample * classes + labels[sample]] -= 1 / batch;
    loss += Math.log(sum) + row[most] - row[labels[sample]];
    if (most === labels[sample]) correct++;
  }
  return { score: { loss: loss / batch, correct }, gradient };
}

/** Index of the largest value; the first of equals. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
