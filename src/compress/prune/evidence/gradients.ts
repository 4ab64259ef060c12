import { dispose, grads, mul, sum, tensor, tidy, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
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
  const count = await forEachGradient(collection, crossEntropy, (name, gradient) =>
    sums.get(name)!.add(gradient),
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
 * The Gauss-Newton matrix's diagonal, which OBD takes for the Hessian's (LeCun et al. 1990): of cross-entropy `J' (diag(p) - p p') J`, J the
 * logits' Jacobian and p the network's own odds, so that no labels are needed. By curvature propagation (Martens et al. 2012): `J' v` with
 * `v = sqrt(p) e - p (sqrt(p) . e)`, e of random signs, has the mean square asked for. Classes drawn from p would have it too, but where
 * the network is sure of itself nearly all of it lies in the rare draws of another class.
 */
export async function collectHessianDiagonal(collection: Collection): Promise<void> {
  const { graph, kernels, options } = collection;
  const random = randomStream(mix(options.seed, 6));
  const sums = new Map([...kernels].map(([name, { values }]) => [name, new Float64Array(values.length)]));
  const lossOf = (logits: TfTensor): TfTensor => {
    const direction = randomCurvature(logits.dataSync() as Float32Array, random);
    return sum(mul(logits, tensor(direction, logits.shape)));
  };
  const count = await forEachGradient(collection, lossOf, (name, gradient) => {
    const squares = sums.get(name)!;
    for (let i = 0; i < squares.length; i++) squares[i] += gradient[i] ** 2;
  });
  const parameters = createParameters(graph);
  for (const [name, kernel] of kernels)
    kernel.hessianDiagonal = inGraphLayout(parameters.get(name)!, sums.get(name)!, count);
}

/** v with `E[v v'] = diag(p) - p p'`, p = softmax(logits). */
function randomCurvature(logits: Float32Array, random: Random): Float32Array {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const odds = Float64Array.from(logits, (value) => Math.exp(value - most));
  const total = odds.reduce((a, b) => a + b);
  const p = odds.map((odd) => odd / total);
  const signed = p.map((each) => (random() < 0.5 ? -1 : 1) * Math.sqrt(each));
  const along = signed.reduce((a, b) => a + b);
  return Float32Array.from(signed, (each, c) => each - p[c] * along);
}

function crossEntropy(logits: TfTensor, y: Labels): TfTensor {
  return softmaxCrossEntropy(logits, y, () => {});
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

/** Visits each kernel's gradient (tfjs' layout) of what `lossOf` gives one sample after another; gives their count. */
async function forEachGradient(
  { graph, data, kernels, options }: Collection,
  lossOf: (logits: TfTensor, y: Int32Array) => TfTensor,
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
      return lossOf(forward(graph, all, x, { until }), batch.y);
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

function inGraphLayout(parameter: Parameter, sums: Float64Array, count: number): Float32Array {
  return graphValues({ ...parameter, values: Float32Array.from(sums, (sum) => sum / count) });
}
