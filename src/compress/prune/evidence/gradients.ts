import { dispose, grads, tidy, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { createParameters, forward, graphValues, logitsOf, weightTensors } from '../../../train/index.js';
import type { Batch, Parameter } from '../../../train/index.js';
import { softmaxCrossEntropy, type Labels } from '../../../train/loss.js';
import { mix, randomStream, type Random } from '../../../train/random.js';
import type { Collection } from './collect.js';
import { forEachSample, inputTensor } from './samples.js';

/**
 * Mean, mean absolute and mean square of the loss's gradient, sample by sample: in a batch of B gradients average out, and what is
 * left of the square is the Fisher's diagonal by B (and the mean's square).
 *
 * @throws RangeError where samples have no labels
 */
export async function collectGradients(collection: Collection): Promise<void> {
  const { data, kernels } = collection;
  if (!data.train.y)
    throw new RangeError(
      `criterion: expected labelled samples for gradients of the loss, got none of ${data.name}; criterion "obd" needs no labels`,
    );
  const sums = new Map([...kernels].map(([name, { values }]) => [name, new GradientSums(values.length)]));
  const count = await forEachGradient(
    collection,
    (_, y) => y,
    (name, gradient) => sums.get(name)!.add(gradient),
  );
  const parameters = createParameters(collection.graph);
  for (const [name, kernel] of kernels) {
    const { sum, absolute, squares } = sums.get(name)!;
    const mean = (values: Float64Array): Float32Array => inGraphLayout(parameters.get(name)!, values, count);
    kernel.gradient = mean(sum);
    kernel.absoluteGradient = mean(absolute);
    kernel.squaredGradient = mean(squares);
  }
}

/**
 * The Hessian's diagonal as the Fisher's: mean square of single samples' gradients with the class drawn from what the network says.
 * Of cross-entropy that is in expectation the Gauss-Newton matrix, which OBD takes too (LeCun et al. 1990; Martens 2020, section 9).
 * Needs no labels.
 */
export async function collectHessianDiagonal(collection: Collection): Promise<void> {
  const { graph, kernels, options } = collection;
  const random = randomStream(mix(options.seed, 6));
  const sums = new Map([...kernels].map(([name, { values }]) => [name, new Float64Array(values.length)]));
  const count = await forEachGradient(
    collection,
    (logits) => [draw(logits, random)],
    (name, gradient) => {
      const sum = sums.get(name)!;
      for (let i = 0; i < sum.length; i++) sum[i] += gradient[i] ** 2;
    },
  );
  const parameters = createParameters(graph);
  for (const [name, kernel] of kernels)
    kernel.hessianDiagonal = inGraphLayout(parameters.get(name)!, sums.get(name)!, count);
}

class GradientSums {
  readonly sum: Float64Array;
  readonly absolute: Float64Array;
  readonly squares: Float64Array;

  constructor(length: number) {
    [this.sum, this.absolute, this.squares] = [0, 1, 2].map(() => new Float64Array(length));
  }

  add(gradient: Float32Array): void {
    const { sum, absolute, squares } = this;
    for (let i = 0; i < gradient.length; i++) {
      const g = gradient[i];
      sum[i] += g;
      absolute[i] += Math.abs(g);
      squares[i] += g * g;
    }
  }
}

/**
 * Visits each kernel's gradient (tfjs' layout) of the cross-entropy of one sample after another; gives their count.
 *
 * @param labelsOf the sample's class, from its logits or its label
 */
async function forEachGradient(
  { graph, data, kernels, options }: Collection,
  labelsOf: (logits: Float32Array, y: Int32Array) => Labels,
  visit: (name: string, gradient: Float32Array) => void,
): Promise<number> {
  const names = [...kernels.keys()];
  const weights = weightTensors(createParameters(graph));
  const until = logitsOf(graph);
  let count = 0;
  const gradientsOf = (batch: Batch): TfTensor[] => {
    const x = inputTensor(graph, batch);
    const loss = (...values: TfTensor[]): TfTensor => {
      const all = new Map([...weights, ...names.map((name, i): [string, TfTensor] => [name, values[i]])]);
      const logits = forward(graph, all, x, { until });
      return softmaxCrossEntropy(logits, labelsOf(logits.dataSync() as Float32Array, batch.y), () => {});
    };
    return grads(loss)(names.map((name) => weights.get(name)!));
  };
  try {
    await forEachSample(data, { ...options, batch: 1 }, (batch) => {
      tidy(() => gradientsOf(batch).forEach((g, i) => visit(names[i], g.dataSync() as Float32Array)));
      count++;
    });
  } finally {
    dispose([...weights.values()]);
  }
  return count;
}

/** A class drawn from softmax(logits). */
function draw(logits: Float32Array, random: Random): number {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const odds = Float64Array.from(logits, (value) => Math.exp(value - most));
  let left = random() * odds.reduce((a, b) => a + b);
  const drawn = odds.findIndex((odd) => (left -= odd) < 0);
  return drawn < 0 ? logits.length - 1 : drawn;
}

function inGraphLayout(parameter: Parameter, sums: Float64Array, count: number): Float32Array {
  return graphValues({ ...parameter, values: Float32Array.from(sums, (sum) => sum / count) });
}
