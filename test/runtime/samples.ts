/** What batches and threads are tested on: samples, and a node of each operator of f32. */
import type { Attribute, Graph, Tensor, Weight } from '../../src/graph/graph.js';
import type { Values } from '../../src/ops/op.js';
import type { Random } from '../helpers/random.js';
import { linearWeights, oneNode, tensor } from '../assembly/models.js';

export type Sample = (Float32Array | Int8Array)[];

/** Samples of several tensors, one after another: an array for each tensor. */
export function join(samples: readonly Sample[]): Sample {
  return samples[0].map((first, i) => {
    const Values = first.constructor as typeof Float32Array | typeof Int8Array;
    const joined = new Values(first.length * samples.length);
    samples.forEach((sample, s) => joined.set(sample[i], s * first.length));
    return joined;
  });
}

/** The first number of `got` that is not the same in `want`; the empty string where all are. */
export function difference(got: readonly Values[], want: readonly Values[]): string {
  for (const [i, values] of want.entries()) {
    const at = got[i].length === values.length ? values.findIndex((v, k) => !Object.is(v, got[i][k])) : 0;
    if (at >= 0)
      return `output ${i}, number ${at} of ${values.length}: want ${values[at]}, got ${got[i][at]}`;
  }
  return '';
}

interface Case {
  what: string;
  op: string;
  shape: number[];
  kernel?: number[];
  attributes?: Record<string, Attribute>;
}

const PADS = { pads: [1, 1, 1, 1] };

const CASES: Case[] = [
  { what: '1x1', op: 'conv2d', shape: [37, 23, 12], kernel: [31, 1, 1, 12] },
  { what: '3x3', op: 'conv2d', shape: [37, 23, 6], kernel: [13, 3, 3, 6], attributes: PADS },
  {
    what: '3x3, stride 2',
    op: 'conv2d',
    shape: [49, 53, 5],
    kernel: [11, 3, 3, 5],
    attributes: { ...PADS, strides: [2, 2] },
  },
  { what: 'of a small image', op: 'conv2d', shape: [5, 7, 80], kernel: [150, 1, 1, 80] },
  { what: 'to a pixel', op: 'conv2d', shape: [4, 4, 60], kernel: [201, 4, 4, 60] },
  { what: '3x3', op: 'depthwise_conv2d', shape: [47, 43, 22], kernel: [22, 3, 3, 1], attributes: PADS },
  { what: 'multiplier', op: 'depthwise_conv2d', shape: [39, 33, 6], kernel: [18, 3, 3, 1], attributes: PADS },
  { what: 'to a pixel', op: 'depthwise_conv2d', shape: [9, 9, 500], kernel: [500, 9, 9, 1] },
  { what: '', op: 'dense', shape: [500], kernel: [777, 500] },
  { what: '', op: 'max_pool2d', shape: [64, 64, 9], attributes: { size: [3, 3], strides: [2, 2] } },
  { what: '', op: 'avg_pool2d', shape: [64, 64, 9], attributes: { size: [2, 2] } },
  { what: '', op: 'global_avg_pool2d', shape: [39, 31, 33] },
  { what: '', op: 'global_max_pool2d', shape: [39, 31, 33] },
  { what: 'of an image', op: 'relu6', shape: [39, 31, 33] },
  { what: 'of a vector', op: 'relu', shape: [40000] },
  { what: 'of a vector', op: 'softmax', shape: [33] },
  { what: 'of an image', op: 'softmax', shape: [39, 31, 33] },
];

/** Graphs of one f32 node, named. */
export function floatNodes(r: Random): [string, Graph][] {
  return CASES.map(({ what, op, shape, kernel, attributes = {} }) => {
    const x: Tensor = tensor('x', shape, 'f32', r);
    const weights: Record<string, Weight> = kernel
      ? linearWeights({ dtype: 'f32', kernel, density: 0.4 }, r)
      : {};
    return [`${op} ${what}`, oneNode(op, [x], attributes, weights, { dtype: 'f32' })];
  });
}
