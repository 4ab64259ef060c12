/**
 * Mean and variance of every activation of a network with random weights, told from the graph alone: `drawWeights` scales
 * each layer so that its sums have variance 1, so nothing needs to be measured. Activations count as normal before
 * relu; behind it the moments are those of a rectified normal.
 */
import type { LopModel, LopNode } from '../../format/index.js';

export interface Moments {
  mean: number;
  variance: number;
}

/** Least and greatest value that an activation is given room for. */
export interface Range {
  min: number;
  max: number;
}

/** Of `randomInput`: uniform in [-1, 1). */
const INPUT: Moments = { mean: 0, variance: 1 / 3 };
/** Standard deviation of the biases that `drawWeights` draws. */
export const BIAS_DEVIATION = 0.1;
const SUMS: Moments = { mean: 0, variance: 1 + BIAS_DEVIATION ** 2 };
/** Standard deviations on either side of the mean that fit into a range. */
const DEVIATIONS = 4;

/** Distribution of a standard normal (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
function normalBelow(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const k = 1 / (1 + 0.3275911 * z);
  const series =
    k * (0.254829592 + k * (-0.284496736 + k * (1.421413741 + k * (-1.453152027 + k * 1.061405429))));
  const erf = 1 - series * Math.exp(-z * z);
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}

/** Moments of max(0, x), x normal. */
export function rectified({ mean, variance }: Moments): Moments {
  const deviation = Math.sqrt(variance);
  const above = normalBelow(mean / deviation);
  const density = Math.exp(-(mean * mean) / (2 * variance)) / Math.sqrt(2 * Math.PI);
  const first = mean * above + deviation * density;
  const second = (mean * mean + variance) * above + mean * deviation * density;
  return { mean: first, variance: second - first * first };
}

/**
 * Moments of the greatest of `count` rectified sums: a rectified maximum has the mean `integral of 1 - F(x)^count` and the mean
 * square `integral of 2x (1 - F(x)^count)` from 0 on.
 */
function maximum(count: number): Moments {
  const deviation = Math.sqrt(SUMS.variance);
  const step = deviation / 64;
  let mean = 0;
  let square = 0;
  for (let x = step / 2; x < 8 * deviation; x += step) {
    const above = 1 - normalBelow(x / deviation) ** count;
    mean += step * above;
    square += step * 2 * x * above;
  }
  return { mean, variance: square - mean * mean };
}

function rangeOf({ mean, variance }: Moments): Range {
  const reach = DEVIATIONS * Math.sqrt(variance);
  return { min: mean - reach, max: mean + reach };
}

export interface Activations {
  moments: Map<string, Moments>;
  ranges: Map<string, Range>;
}

/** Moments of a node's result before its own activation. */
function resultOf(node: LopNode, inputs: readonly Moments[]): Moments {
  if (node.op === 'add')
    return {
      mean: inputs[0].mean + inputs[1].mean,
      variance: inputs[0].variance + inputs[1].variance,
    };
  if (node.op === 'max_pool2d') {
    const [rows, columns] = node.attributes['size'] as number[];
    return maximum(rows * columns);
  }
  return node.weights['kernel'] === undefined ? inputs[0] : SUMS;
}

/** Moments and ranges of all tensors of an f32 architecture, by name. */
export function activationsOf(model: LopModel): Activations {
  const [input] = model.inputs;
  const moments = new Map([[input, INPUT]]);
  const ranges = new Map<string, Range>([[input, { min: -1, max: 1 }]]);
  for (const node of model.nodes) {
    const [output] = node.outputs;
    const result = resultOf(
      node,
      node.inputs.map((name) => moments.get(name)!),
    );
    const activation = node.attributes['activation'] ?? 'linear';
    moments.set(output, activation === 'linear' ? result : rectified(result));
    if (node.op === 'max_pool2d' || node.op === 'reshape') ranges.set(output, ranges.get(node.inputs[0])!);
    else ranges.set(output, outputRange(rangeOf(result), activation, ranges.get(node.inputs[0])!, node.op));
  }
  return { moments, ranges };
}

function outputRange(free: Range, activation: unknown, input: Range, op: string): Range {
  if (activation === 'relu6') return { min: 0, max: 6 };
  if (activation === 'relu') return { min: 0, max: free.max };
  // A mean cannot leave the range of what it is a mean of.
  if (op === 'global_avg_pool2d')
    return { min: Math.max(free.min, input.min), max: Math.min(free.max, input.max) };
  return free;
}
