/** Single-operator models for the table-driven tests: seeded numbers, one or several nodes, a range of opsets. */
import { random, SEED, type Random } from '../../helpers/random.js';
import type { Sample } from './compare.js';
import type { TestAttribute, TestGraph, TestNode, TestTensor } from './encode.js';

export interface Case {
  name: string;
  /** Opsets whose form of the operator this is. */
  opsets: readonly number[];
  model: TestGraph;
  samples: Record<string, Sample>;
}

/** For operators whose form changed between. */
export const EVERY = [9, 11, 13, 17, 21];
/** For those that stayed as they are. */
export const ENDS = [9, 21];

export const since = (opset: number): number[] => EVERY.filter((other) => other >= opset);
export const until = (opset: number): number[] => EVERY.filter((other) => other <= opset);
export const from = (opset: number): number[] => [...new Set([opset, 21])];

const r: Random = random(SEED);

export function normals(dims: readonly number[], spread = 1): Float32Array {
  return Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => spread * r.normal());
}

export function floats(dims: number[], spread?: number): TestTensor {
  return { dims, data: normals(dims, spread) };
}

/** Numbers above 0. */
export function positives(dims: number[]): TestTensor {
  return { dims, data: normals(dims).map((value) => 0.5 + Math.abs(value)) };
}

export function ints(...values: number[]): TestTensor {
  return { dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}

export function scalar(value: number): TestTensor {
  return { dims: [], data: Float32Array.of(value) };
}

export function sample(dims: number[], spread?: number): Sample {
  return { dims, data: normals(dims, spread) };
}

interface Options {
  attributes?: Record<string, TestAttribute>;
  /** Constants behind the inputs, in order; null for one left out. */
  constants?: readonly (TestTensor | null)[];
  opsets?: readonly number[];
  outputs?: number;
  domain?: string;
  /** Puts a 1x1 convolution before the operator, so that its input lies channels last. */
  afterConv?: boolean;
  /** Nodes behind the operator, which read y and write z. */
  after?: TestNode[];
  /** Constants of the nodes behind it. */
  more?: Record<string, TestTensor>;
  label?: string;
}

/** One node `op` on inputs of these dimensions or samples, then constants. */
export function one(op: string, inputs: readonly (number[] | Sample)[], options: Options = {}): Case {
  const { attributes, constants = [], opsets = ENDS, outputs = 1, domain, after = [], more, label } = options;
  const samples = inputs.map((input) => (Array.isArray(input) ? sample(input) : input));
  const names = samples.map((_, i) => `x${i}`);
  const { nodes, weights, read } = options.afterConv ? convolved(names[0], samples[0].dims) : plain(names[0]);
  const constantNames = constants.map((constant, i) => (constant ? `c${i}` : ''));
  const made = Array.from({ length: outputs }, (_, i) => (i === 0 ? 'y' : `y${i}`));
  nodes.push({ op, domain, inputs: [read, ...names.slice(1), ...constantNames], outputs: made, attributes });
  const given = after.length > 0 ? ['z'] : made;
  const model: TestGraph = {
    nodes: [...nodes, ...after],
    constants: {
      ...weights,
      ...more,
      ...Object.fromEntries(constants.flatMap((constant, i) => (constant ? [[`c${i}`, constant]] : []))),
    },
    inputs: samples.map(({ dims, type }, i) => ({
      name: names[i],
      dims,
      type: type === 'float32' || !type ? 'float' : type,
    })),
    outputs: given.map((name) => ({ name })),
  };
  const how = Object.entries(attributes ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const shapes = samples.map(({ dims }) => `[${dims}]`);
  const name = [op, ...shapes, ...how, options.afterConv ? 'after a convolution' : '', label ?? '']
    .filter(Boolean)
    .join(' ');
  return { name, opsets, model, samples: Object.fromEntries(names.map((input, i) => [input, samples[i]])) };
}

interface Before {
  nodes: TestNode[];
  weights: Record<string, TestTensor>;
  /** What the operator reads. */
  read: string;
}

function plain(name: string): Before {
  return { nodes: [], weights: {}, read: name };
}

function convolved(name: string, dims: readonly number[]): Before {
  const channels = dims[1];
  const kernel = floats([channels, channels, ...dims.slice(2).map(() => 1)], 1 / Math.sqrt(channels));
  const nodes = [{ op: 'Conv', inputs: [name, 'w/before'], outputs: ['before'] }];
  return { nodes, weights: { 'w/before': kernel }, read: 'before' };
}
