/** How far an operator's f32 results may be from the plain reference's: FORMAT.md "Arithmetic", one bound an element. */
import { elements, type Tensor, type Weight } from '../../src/graph/graph.js';
import type { NodeView, Values } from '../../src/ops/op.js';
import { getOp } from '../../src/ops/table.js';

/** A bound for each element of `want`; Infinity where FORMAT.md fixes nothing. */
export type Bound = (view: NodeView, inputs: Values[], want: Values) => Float64Array;

/** Half a unit in the last place of 1: what one rounding to f32 errs, relatively. */
const ROUNDING = 2 ** -24;
/** What one rounding errs below f32's least normal number. */
const UNDERFLOW = 2 ** -150;

/**
 * The bounds of a node's results; undefined where they are the reference's to the bit.
 * @param other of operators that are computed otherwise
 */
export function boundsOf(
  view: NodeView,
  inputs: Values[],
  want: Values,
  other: Readonly<Record<string, Bound>> = {},
): Float64Array | undefined {
  if (view.outputs[0].dtype !== 'f32' || view.inputs[0]?.dtype === 'i8') return undefined;
  return (other[view.node.op] ?? BOUNDS[view.node.op])?.(view, inputs, want);
}

/** What compares: the sign of a zero that it gives is not fixed. */
const COMPARING =
  'relu relu6 clip min max max_pool2d global_max_pool2d reduce_max reduce_min sign add sub mul'.split(' ');

/** Whether -0 is as good as 0 where bits are promised: behind a clamp or another comparison. */
export function anyZero({ node, attributes }: NodeView): boolean {
  return COMPARING.includes(node.op) && attributes.activation !== 'linear';
}

/** `(n + 2) * 2^-24 * sum |a * b|`, by the operator's own loop on magnitudes; the bias is one of the sum. */
export const sums =
  (terms: (view: NodeView) => number): Bound =>
  (view, inputs) => {
    const weights = Object.fromEntries(
      Object.entries(view.weights).map(([role, weight]) => [role, magnitudes(weight)]),
    );
    const { activation: _clamp, ...attributes } = view.attributes;
    const linear = 'activation' in view.attributes ? { ...attributes, activation: 'linear' } : attributes;
    const positive = { ...view, weights, attributes: linear };
    const total = getOp(view.node.op).reference(
      positive,
      inputs.map((x) => x.map(Math.abs)),
      weights,
    );
    const n = terms(view);
    return Float64Array.from(total, (sum) => (n + 2) * (ROUNDING * sum + UNDERFLOW));
  };

function magnitudes(weight: Weight): Weight {
  return { ...weight, data: Float32Array.from(weight.data, Math.abs) };
}

const taps = ({ weights: { kernel } }: NodeView): number => elements(kernel.shape.slice(1));
const reduced = ({ inputs: [x], outputs: [y] }: NodeView): number => elements(x.shape) / elements(y.shape);
const windowSize = ({ attributes }: NodeView): number => elements(attributes.size as number[]);

/** `2^-20 * max(1, |y|)`, and the reference's own rounding. */
const f: Bound = (_view, _inputs, want) =>
  Float64Array.from(want, (y) => {
    const size = Math.min(Math.abs(y), LARGEST);
    return 2 ** -20 * Math.max(1, size) + ROUNDING * size;
  });

/** Where a function's argument is below `limit` in magnitude; `of` is the input that counts. */
const fBelow =
  (limit: number, of: number): Bound =>
  (view, inputs, want) => {
    const bounds = f(view, inputs, want);
    const x = stretchedTo(view, inputs, of);
    return bounds.map((bound, i) => (Math.abs(x[i]) < limit ? bound : Infinity));
  };

/** An input's values as the output reads them: that times 1. */
export function stretchedTo({ inputs, outputs }: NodeView, values: Values[], of: number): Values {
  const mul = getOp('mul');
  const one: Tensor = { name: '', shape: outputs[0].shape, dtype: 'f32' };
  const ones = new Float32Array(elements(one.shape)).fill(1);
  const node = { name: '', op: 'mul', inputs: [], outputs: [], attributes: {}, weights: {} };
  const attributes = { activation: 'linear' };
  const view = { node, inputs: [inputs[of], one], outputs: [one], attributes, weights: {} };
  return mul.reference(view, [values[of], ones], {});
}

/** Rows of the last axis. */
function eachRow(
  x: Values,
  length: number,
  bound: (row: Values, start: number) => ArrayLike<number>,
): Float64Array {
  const bounds = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += length) {
    bounds.set(bound(x.subarray(start, start + length), start), start);
  }
  return bounds;
}

/** `8 * 2^-24` of the row's largest result, and the reference's own rounding. */
const softmax: Bound = ({ outputs: [{ shape }] }, _inputs, want) =>
  eachRow(want, shape.at(-1)!, (row) => {
    const largest = Math.max(...row);
    return new Float64Array(row.length).fill(9 * ROUNDING * largest);
  });

/** Of a row, the mean of magnitudes among them. */
export function moments(row: Values): { mean: number; deviation: number; furthest: number } {
  const n = row.length;
  const sum = (of: (value: number) => number): number => Array.from(row, of).reduce((a, b) => a + b, 0);
  const center = sum((value) => value) / n;
  return {
    mean: sum(Math.abs) / n,
    deviation: Math.sqrt(sum((value) => (value - center) ** 2) / n),
    furthest: Math.max(...Array.from(row, (value) => Math.abs(value - center))),
  };
}

/** `2^-20 * (n + 16)^(1/2) * (|gamma| * max(1, max|x - mean| / deviation) + |beta|)` */
export const layerNorm: Bound = ({ inputs: [{ shape }], weights: { gamma, beta } }, [x]) => {
  const n = shape.at(-1)!;
  return eachRow(x, n, (row) => {
    const { furthest, deviation } = moments(row);
    const spread = Math.max(1, furthest / (deviation || Infinity));
    return Float64Array.from(row, (_, i) => {
      const size = Math.abs(gamma?.data[i] ?? 1) * spread + Math.abs(beta?.data[i] ?? 0);
      return 2 ** -20 * Math.sqrt(n + 16) * size;
    });
  });
};

/** `n * 2^-23 * |y|` */
const product: Bound = (view, _inputs, want) => {
  const n = reduced(view);
  return Float64Array.from(want, (y) => n * (2 * ROUNDING * Math.abs(y) + UNDERFLOW));
};

/** `2^-18 * T` where no gate of a step sums more than 16 in magnitudes. */
const recurrent: Bound = (view, [x], want) => {
  const [steps, units] = view.outputs[0].shape;
  const most = largestGate(view, x, want);
  return new Float64Array(steps * units).fill(most <= 16 ? 2 ** -18 * steps : Infinity);
};

/** The largest `sum |a * b|` of a gate at any step; h before a step is the result of the step before. */
function largestGate({ attributes, weights, inputs: [{ shape }] }: NodeView, x: Values, y: Values): number {
  const { kernel, recurrent, bias, recurrent_bias: after, initial_h } = weights;
  const [steps, features] = shape;
  const units = recurrent.shape[1];
  let most = 0;
  for (let t = 0; t < steps; t++) {
    const before = t + (attributes.reverse === 1 ? 1 : -1);
    const started = before < 0 || before >= steps;
    const h = started
      ? (initial_h?.data ?? new Float32Array(units))
      : y.subarray(before * units, (before + 1) * units);
    for (let g = 0; g < kernel.shape[0]; g++) {
      let sum = Math.abs(bias?.data[g] ?? 0) + Math.abs(after?.data[g] ?? 0);
      for (let i = 0; i < features; i++) sum += Math.abs(kernel.data[g * features + i] * x[t * features + i]);
      for (let u = 0; u < units; u++) sum += Math.abs(recurrent.data[g * units + u] * h[u]);
      most = Math.max(most, sum);
    }
  }
  return most;
}

const LARGEST = 3.4028234663852886e38;
const FUNCTIONS =
  'exp log rsqrt erf tanh sigmoid softplus softsign mish gelu swish hard_swish hard_sigmoid elu selu atan2';

const BOUNDS: Record<string, Bound> = {
  conv2d: sums(taps),
  depthwise_conv2d: sums(taps),
  dense: sums(taps),
  matmul: sums(({ inputs: [{ shape }], attributes }) => shape.at(attributes.transpose_a === 1 ? -2 : -1)!),
  avg_pool2d: sums(windowSize),
  global_avg_pool2d: sums(reduced),
  reduce_sum: sums(reduced),
  reduce_mean: sums(reduced),
  reduce_prod: product,
  softmax,
  layer_norm: layerNorm,
  lstm: recurrent,
  gru: recurrent,
  simple_rnn: recurrent,
  ...Object.fromEntries(FUNCTIONS.split(' ').map((op) => [op, f])),
  sin: fBelow(1024, 0),
  cos: fBelow(1024, 0),
  pow: fBelow(1024, 1),
};
